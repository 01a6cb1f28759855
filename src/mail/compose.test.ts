import fc from 'fast-check';
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { hostileText } from '../../test/builders/sale.ts';
import { printableText } from '../domain/printableText.ts';
import { composeMail } from './compose.ts';
import type { MailToCompose } from './compose.ts';

function buildMail(changes: Partial<MailToCompose> = {}): MailToCompose {
  return {
    messageId: '<0123456789abcdef0123456789abcdef01234567@lektura.example>',
    date: new Date('2026-11-24T23:05:00Z'),
    from: { name: 'Lektura – księgarnia cyfrowa', address: 'zakupy@lektura.example' },
    to: 'anna@example.pl',
    replyTo: 'pomoc@lektura.example',
    subject: 'Twoje e-booki – zamówienie 7K3M-Q9XT-4BVD',
    html: '<p>Zażółć gęślą jaźń</p>',
    text: 'Zażółć gęślą jaźń\n.\nFrom here\n',
    attachments: [
      {
        fileName: 'R-2026-000123.pdf',
        contentType: 'application/pdf',
        bytes: new TextEncoder().encode('%PDF-1.7'),
      },
    ],
    language: 'pl',
    ...changes,
  };
}

const parse = (bytes: Uint8Array) => PostalMime.parse(bytes);
const rawHeaders = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1').split('\r\n\r\n', 1)[0] ?? '';
const headerNames = (bytes: Uint8Array) =>
  rawHeaders(bytes)
    .split(/\r\n(?![ \t])/)
    .map((line) => line.slice(0, line.indexOf(':')));

const expectedHeaders = [
  'Auto-Submitted',
  'Content-Language',
  'Content-Type',
  'Date',
  'From',
  'MIME-Version',
  'Message-ID',
  'Reply-To',
  'Subject',
  'To',
];

describe('composeMail', () => {
  it('arrives as it was given', async () => {
    const mail = buildMail();
    const parsed = await parse(await composeMail(mail));
    expect(parsed).toMatchObject({
      messageId: mail.messageId,
      date: '2026-11-24T23:05:00.000Z',
      from: mail.from,
      to: [{ address: mail.to }],
      replyTo: [{ address: mail.replyTo }],
      subject: mail.subject,
    });
    expect(parsed.text?.trimEnd()).toBe(mail.text.trimEnd());
    expect(parsed.html?.trimEnd()).toBe(mail.html);
    expect(parsed.attachments).toHaveLength(1);
    const [attachment] = parsed.attachments;
    expect(attachment).toMatchObject({
      filename: 'R-2026-000123.pdf',
      mimeType: 'application/pdf',
      disposition: 'attachment',
    });
    expect(Buffer.from(attachment?.content as ArrayBuffer).toString()).toBe('%PDF-1.7');
  });

  it('has exactly the headers it should have, and never a blind copy', async () => {
    const bytes = await composeMail(buildMail());
    expect(headerNames(bytes).toSorted()).toEqual(expectedHeaders);
    expect(rawHeaders(bytes)).toContain('Auto-Submitted: auto-generated');
    expect(rawHeaders(bytes)).toContain('Content-Language: pl');
    expect(rawHeaders(bytes)).toContain('Date: Tue, 24 Nov 2026 23:05:00 +0000');
    expect(Buffer.from(bytes).toString('latin1')).not.toMatch(/bcc/i);
  });

  it('gives the same bytes for the same mail', async () => {
    const [first, second] = [await composeMail(buildMail()), await composeMail(buildMail())];
    expect(Buffer.compare(first, second)).toBe(0);
    const other = await composeMail(buildMail({ messageId: '<other@lektura.example>' }));
    expect(Buffer.compare(first, other)).not.toBe(0);
  });

  it('uses short lines that end in CRLF, and ASCII only', async () => {
    const bytes = await composeMail(
      buildMail({ text: `${'ż'.repeat(5_000)}\r\nlone\rreturn\n`, html: 'x'.repeat(5_000) }),
    );
    const raw = Buffer.from(bytes).toString('latin1');
    expect(raw).not.toMatch(/(^|[^\r])\n|\r(?!\n)/);
    expect(raw).not.toMatch(/[^\t\r\n\x20-\x7e]/);
    expect(Math.max(...raw.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(78);
  });

  it('needs no reply address and no attachment', async () => {
    const { replyTo: _replyTo, ...mail } = buildMail({ attachments: [] });
    const bytes = await composeMail(mail);
    expect(headerNames(bytes)).not.toContain('Reply-To');
    expect((await parse(bytes)).attachments).toEqual([]);
  });

  const breaks = [
    '\r\nBcc: victim@evil.example',
    '\nX: y',
    '\r',
    '\0',
    '\u2028',
    '\u2029',
    '\u0085',
    '\u001B',
    '\uD800',
    '\u202Efdp.exe',
    '\u2066',
    ' =?utf-8?q?x?=',
    'x'.repeat(1_000),
  ];
  const intoHeaders: Array<[string, (evil: string) => Partial<MailToCompose>]> = [
    ['subject', (evil) => ({ subject: `Order${evil}` })],
    ['name of the sender', (evil) => ({ from: { name: `Shop${evil}`, address: 'a@x.example' } })],
    ['address of the sender', (evil) => ({ from: { name: 'Shop', address: `a@x.example${evil}` } })],
    ['recipient', (evil) => ({ to: `a@x.example${evil}` })],
    ['reply address', (evil) => ({ replyTo: `a@x.example${evil}` })],
    ['message id', (evil) => ({ messageId: `<a@x.example${evil}>` })],
    [
      'file name',
      (evil) => ({ attachments: [{ fileName: `a${evil}`, contentType: 'a/b', bytes: new Uint8Array() }] }),
    ],
    [
      'content type',
      (evil) => ({ attachments: [{ fileName: 'a', contentType: `a/b${evil}`, bytes: new Uint8Array() }] }),
    ],
  ];

  it.each(intoHeaders)('refuses to let the %s break out of its header', async (_where, change) => {
    for (const evil of breaks) {
      await expect(composeMail(buildMail(change(evil)))).rejects.toMatchObject({
        kind: 'permanent',
        reason: 'mail_malformed',
      });
    }
  });

  it.each([
    'a@x.example, b@y.example',
    'A <a@x.example>',
    'a@x.example b@y.example',
    'a',
    '',
    'a@[127.0.0.1]',
    '"a"@x.example',
    '=?utf-8?q?a?=@x.example',
  ])('refuses %j as a recipient', async (to) => {
    await expect(composeMail(buildMail({ to }))).rejects.toMatchObject({ reason: 'mail_malformed' });
  });

  it('does not repeat what it refuses, for it may be a buyer’s', async () => {
    await expect(composeMail(buildMail({ to: 'secret@x.example\r\n' }))).rejects.toThrow(/^((?!secret).)*$/);
  });

  it('either arrives as given or is refused, whatever stands in subject, names and bodies', async () => {
    await fc.assert(
      fc.asyncProperty(hostileText, hostileText, hostileText, async (subject, name, body) => {
        const mail = buildMail({
          subject,
          from: { name, address: 'zakupy@lektura.example' },
          text: body,
          html: `<p>${printableText(body, 500)}</p>`,
          attachments: [{ fileName: name, contentType: 'application/pdf', bytes: new Uint8Array([1, 2]) }],
        });
        const bytes = await composeMail(mail).catch((error: unknown) => {
          expect(error).toMatchObject({ reason: 'mail_malformed' });
          return undefined;
        });
        if (!bytes) return;
        expect(headerNames(bytes).toSorted()).toEqual(
          expectedHeaders.filter((h) => subject || h !== 'Subject'),
        );
        const parsed = await parse(bytes);
        expect(parsed.subject ?? '').toBe(subject);
        expect(parsed.from).toEqual({ name, address: 'zakupy@lektura.example' });
        expect(parsed.to).toEqual([{ name: '', address: 'anna@example.pl' }]);
        expect(parsed.cc ?? []).toEqual([]);
        expect(parsed.bcc ?? []).toEqual([]);
        expect(parsed.attachments.map(({ filename }) => filename)).toEqual([name]);
      }),
      { numRuns: 150 },
    );
  });

  it('keeps every printable name and subject, so that no buyer is refused', async () => {
    await fc.assert(
      fc.asyncProperty(hostileText, async (text) => {
        const clean = printableText(text, 80).replaceAll('=?', '') || '–';
        const mail = buildMail({ subject: clean, from: { name: clean, address: 'zakupy@lektura.example' } });
        const parsed = await parse(await composeMail(mail));
        expect(parsed.subject).toBe(clean);
        expect(parsed.from?.name).toBe(clean);
      }),
      { numRuns: 150 },
    );
  });
});
