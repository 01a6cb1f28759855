import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import { describe, expect, it } from 'vitest';
import { requestFor } from './request.ts';

const messageId = '<0123456789abcdef0123456789abcdef01234567@shop.example>';
const pdf = Buffer.from([0x25, 0x50, 0x44, 0x46, 0x00, 0xff, 0x0d, 0x0a]);

interface Fields {
  fromName?: string;
  fileNames?: string[];
  contentType?: string;
  content?: Buffer;
  text?: string;
}

const bytesOf = (fields: Fields = {}) =>
  new MailComposer({
    messageId,
    from: { name: fields.fromName ?? 'Książki “Ważka”', address: 'receipts@shop.example' },
    to: 'jan@example.pl',
    replyTo: 'help@shop.example',
    subject: 'Twoje zamówienie 📚',
    text: fields.text ?? 'Dzień dobry',
    html: '<p>Dzień dobry</p>',
    attachments: (fields.fileNames ?? []).map((filename) => ({
      filename,
      contentType: fields.contentType ?? 'application/pdf',
      content: fields.content ?? pdf,
    })),
    headers: { 'Content-Language': 'pl' },
  })
    .compile()
    .build();

const mail = (bytes: Uint8Array) => ({
  from: 'receipts@shop.example',
  to: 'jan@example.pl',
  messageId,
  bytes,
});
const made = async (fields: Fields = {}) => requestFor(mail(await bytesOf(fields)), { templateId: 7 });
const textOf = (body: string | Uint8Array) => Buffer.from(body).toString('latin1');

describe('a mail as Listmonk takes it', () => {
  it('is data of a template, with our headers', async () => {
    const settings = {
      templateId: 7,
      messenger: 'email-receipts',
      journalAddress: 'journal@shop.example',
      bounceAddress: 'bounces@shop.example',
    };
    const { type, body } = await requestFor(mail(await bytesOf()), settings);
    expect(type).toBe('application/json');
    expect(JSON.parse(String(body))).toEqual({
      subscriber_mode: 'external',
      subscriber_emails: ['jan@example.pl'],
      template_id: 7,
      messenger: 'email-receipts',
      from_email: '"Książki “Ważka”" <receipts@shop.example>',
      subject: '{{ .Tx.Data.subject }}',
      content_type: 'html',
      altbody: expect.stringContaining('Dzień dobry'),
      headers: [
        { 'Message-ID': messageId },
        { 'Auto-Submitted': 'auto-generated' },
        { 'Reply-To': 'help@shop.example' },
        { 'Content-Language': 'pl' },
        { Bcc: 'journal@shop.example' },
        { 'Return-Path': 'bounces@shop.example' },
      ],
      data: { subject: 'Twoje zamówienie 📚', html: expect.stringContaining('<p>Dzień dobry</p>') },
    });
  });

  it.each<[string, Fields]>([
    ['without attachments', {}],
    ['with attachments', { fileNames: ['rachunek.pdf', 'faktura.pdf'] }],
  ])('is the same bytes each time, %s', async (_, fields) => {
    const bytes = await bytesOf(fields);
    const settings = { templateId: 7 };
    const first = await requestFor(mail(bytes), settings);
    expect(await requestFor(mail(Uint8Array.from(bytes)), settings)).toEqual(first);
  });

  it('is a form where it has files, each with a name that needs no quotes', async () => {
    const { type, body } = await made({ fileNames: ['rachunek ż; a="b".pdf', '../../łódź%s', '…'] });
    expect(type).toMatch(/^multipart\/form-data; boundary=mail-[0-9a-f]{40}$/);
    const text = textOf(body);
    expect(text.match(/filename="[^"]*"/g)).toEqual([
      'filename="rachunek-z-a-b-.pdf"',
      'filename="odz-s"',
      'filename="attachment"',
    ]);
    expect(text).toContain(`Content-Type: application/pdf\r\n\r\n${pdf.toString('latin1')}\r\n--mail-`);
  });

  it('has no line breaks in its field of JSON, so that nothing in it can end the field', async () => {
    const { body } = await made({
      fileNames: ['a.pdf'],
      text: 'x\r\n--mail-0\r\nContent-Disposition: y\r\n\r\nz',
    });
    const field = textOf(body).split('\r\n\r\n')[1] ?? '';
    expect(field.split('\r\n')[0]).toMatch(/^\{.*\}$/);
  });

  it('has a boundary that no file holds', async () => {
    const boundary = /boundary=(.*)/.exec((await made({ fileNames: ['a.pdf'] })).type)?.[1] ?? '';
    const hostile = await made({ fileNames: ['a.pdf'], content: Buffer.from(`\r\n--${boundary}--\r\n`) });
    expect(hostile.type).toBe(`multipart/form-data; boundary=${boundary}x`);
  });

  it('calls a file of no clean type a file', async () => {
    const { body } = await made({ fileNames: ['a.pdf'], contentType: 'application/ż' });
    expect(textOf(body)).toContain('Content-Type: application/octet-stream\r\n');
  });

  it('quotes the sender’s name', async () => {
    const { body } = await made({ fromName: 'A "B" <c@d.example>, \\' });
    expect(JSON.parse(String(body))).toMatchObject({
      from_email: '"A \\"B\\" <c@d.example>, \\\\" <receipts@shop.example>',
    });
  });

  it('prints a text that looks like a template, and does not have it evaluated', async () => {
    const { body } = await made({ text: 'Hi {{ .Subscriber.Email }}' });
    const { altbody } = JSON.parse(String(body)) as { altbody: string };
    expect(altbody.trimEnd()).toBe('Hi {{"{{"}} .Subscriber.Email }}');
  });

  it.each([
    { bytes: Buffer.from('Subject: x\r\n\r\nonly text') },
    { messageId: 'm1@shop.example' },
    { messageId: '<m1@shop.example>\r\nBcc: thief@example.com' },
  ])('refuses for good what is no mail of ours: %j', async (fields) => {
    const given = { ...mail(await bytesOf()), ...fields };
    await expect(requestFor(given, { templateId: 7 })).rejects.toMatchObject({
      kind: 'permanent',
      reason: 'mail_malformed',
      provider: 'listmonk',
    });
  });

  it('refuses addresses that are more than one', async () => {
    const given = { ...mail(await bytesOf()), to: 'jan@example.pl, thief@example.com' };
    await expect(requestFor(given, { templateId: 7 })).rejects.toMatchObject({ reason: 'invalid_address' });
  });
});
