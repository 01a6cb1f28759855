import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import { describe, expect, it } from 'vitest';
import { takeApart } from './mailParts.ts';

const pdf = Buffer.from('%PDF-1.7 żółw');
const composed = () =>
  new MailComposer({
    messageId: '<m1@shop.example>',
    from: { name: 'Książki “Ważka”', address: 'receipts@shop.example' },
    to: { name: '', address: 'jan@example.pl' },
    replyTo: { name: '', address: 'help@shop.example' },
    subject: 'Twoje zamówienie: “Zażółć” 📚',
    text: 'Dzień dobry\r\n.kropka\r\n',
    html: '<p>Dzień dobry &amp; tak dalej</p>\r\n',
    attachments: [{ filename: 'rachunek-ż.pdf', contentType: 'application/pdf', content: pdf }],
    headers: { 'Content-Language': 'pl' },
    encoding: 'quoted-printable',
    newline: 'win',
  })
    .compile()
    .build();

describe('a mail taken apart', () => {
  it('has what it was composed of', async () => {
    const parts = await takeApart(await composed());
    expect(parts).toMatchObject({
      subject: 'Twoje zamówienie: “Zażółć” 📚',
      fromName: 'Książki “Ważka”',
      replyTo: 'help@shop.example',
      language: 'pl',
      attachments: [{ fileName: 'rachunek-ż.pdf', contentType: 'application/pdf' }],
    });
    expect(parts.text.trimEnd()).toBe('Dzień dobry\n.kropka');
    expect(parts.html.trimEnd()).toBe('<p>Dzień dobry &amp; tak dalej</p>');
    expect(Buffer.from(parts.attachments[0]?.base64 ?? '', 'base64')).toEqual(pdf);
  });

  it('is the same for the same bytes', async () => {
    const bytes = await composed();
    expect(await takeApart(bytes)).toEqual(await takeApart(bytes));
  });

  it('is refused when it is no such mail', async () => {
    await expect(takeApart(Buffer.from('Subject: x\r\n\r\nonly text'))).rejects.toThrow(TypeError);
  });
});
