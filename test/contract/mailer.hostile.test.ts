import { createHash } from 'node:crypto';
import PostalMime from 'postal-mime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { languages } from '../../src/domain/order.ts';
import { printableText } from '../../src/domain/printableText.ts';
import { composeForBuyer } from '../../src/mail/envelope.ts';
import type { OutgoingMail } from '../../src/ports/mailer.ts';
import { takeApart } from '../../src/providers/mailParts.ts';
import { allTemplates, readOf, templates } from '../builders/mailTemplates.ts';
import { buildBuyer, buildLine, buildOrder, shop } from '../builders/sale.ts';
import { faultOf } from './faultOf.ts';
import type { MailerUnderTest } from './mailer.contract.ts';
import { startListmonkMailer } from './mailer.listmonk.harness.ts';
import { expectTaken, type TakenMail } from './mailer.mails.ts';
import { startNovu } from './mailer.novu.harness.ts';
import { startResend } from './mailer.resend.harness.ts';
import { startSmtp } from './mailer.smtp.harness.ts';

/** What a name, a title or an address line may hold. */
const hostileValues: Record<string, string> = {
  'a line break': 'Anna\r\nBcc: victim@evil.example\r\n\r\n<b>body</b>',
  'a NUL': 'An\0na',
  'an override of the direction': '\u202Egnp.exe\u202C \u2066abc\u2069 שלום',
  HTML: '</title></td><script>alert(1)</script><img src=x onerror="alert(1)"> & &lt;b&gt;',
  'braces of Go and Handlebars': '{{ .Subscriber.Email }} {{{raw}}} {{#if x}} {{- "x" -}}',
  'braces of Listmonk itself': '{{ Safe .Tx.Data.html }}{{ TrackLink "https://evil.example" }}',
  'tags of Liquid': '{% include "secrets" %} {{subscriber.email | upcase}}',
  'a template literal': '${process.env.HOME} #{7*7} <%= 7 * 7 %> %s $(id) `id`',
  'an encoded word': '=?utf-8?q?Bcc=3A_victim?=',
  'a dot on a line': '.\r\n.\r\nQUIT',
  'a megabyte': 'tom '.repeat(262_144),
};

const providers: Record<string, () => Promise<MailerUnderTest>> = {
  SMTP: () => startSmtp([], false),
  Resend: startResend,
  Listmonk: () => startListmonkMailer(false),
  Novu: () => startNovu({ idempotency: true, reportsDeliveries: true }),
};

const never = new AbortController().signal;
const idOf = (text: string) =>
  `<${createHash('sha256').update(text).digest('hex').slice(0, 40)}@lektura.example>`;

describe.each(Object.entries(providers))('hostile text through %s', (provider, start) => {
  let subject: MailerUnderTest;
  beforeEach(async () => {
    subject = await start();
  });
  afterEach(() => subject.stop());

  /** What the provider took when it was given this mail. */
  async function takenOf(mail: OutgoingMail): Promise<TakenMail[]> {
    await subject.mailer.send(mail, never);
    return subject.taken();
  }

  // Each template in one of the languages: what differs between them are our own words.
  const rendered = Object.entries(allTemplates).map(
    ([template, render], at) => [template, languages[at % languages.length] ?? 'en', render] as const,
  );

  it.each(rendered)(
    'in every name and title of the mail %s (%s) arrives literally',
    async (template, language, render) => {
      const values = Object.values(hostileValues);
      const lines = values.map((title, at) => buildLine(at + 1, { title }));
      const [name = '', company = ''] = [hostileValues['HTML'], hostileValues['tags of Liquid']];
      const order = buildOrder({ lines, buyer: buildBuyer({ language, name, company }) });
      const content = render(order);
      const messageId = idOf(`${template} ${language}`);
      const to = 'anna@example.pl';
      const bytes = await composeForBuyer(content, {
        shop,
        to,
        messageId,
        date: new Date('2026-11-24T23:05:00Z'),
        language,
      });
      const mail = { from: shop.fromAddress, to, messageId, bytes };
      const taken = await takenOf(mail);
      await expectTaken(taken, subject.carries, [mail]);

      const read = await readersView(taken[0]);
      expect(read.subject).toBe(content.subject);
      expect(read.html).not.toMatch(/<script|<img[^>]*onerror/);
      for (const value of template in templates ? values : []) {
        const printed = printableText(value, 200);
        expect(readOf(read.html)).toContain(printed.replaceAll(/\s+/g, ' '));
        expect(read.text).toContain(printed);
      }
    },
  );

  const placed = Object.entries(hostileValues).flatMap(([what, value]) =>
    (['subject', 'name of the sender', 'bodies', 'file name'] as const).map(
      (place) => [what, place, value] as const,
    ),
  );

  // Whoever composed the mail: our own composer refuses most of these before.
  it.each(placed)('%s in its %s arrives literally or is refused for good', async (what, place, text) => {
    // Into headers nobody gets a megabyte: it is in the way long before.
    const value = place === 'bodies' ? text : text.slice(0, 5_000);
    const mail = mailWith(place, value, idOf(`${what} ${place}`));
    const parts = await takeApart(mail.bytes);
    const isRefused = refuses(provider, place, parts);
    if (isRefused) {
      expect(await faultOf(subject.mailer.send(mail, never))).toMatchObject({
        kind: expect.stringMatching(/^(permanent|needs_human)$/),
        reason: expect.stringMatching(/^(mail_malformed|message_refused|resend_sender_refused)$/),
      });
      expect(subject.taken()).toEqual([]);
      return;
    }
    const taken = await takenOf(mail);
    if (subject.carries === 'bytes') return expectTaken(taken, 'bytes', [mail]);
    const [{ parts: got } = { parts: undefined }] = taken;
    expect(taken).toHaveLength(1);
    expect({ subject: got?.subject, fromName: got?.fromName }).toEqual({
      subject: parts.subject,
      fromName: parts.fromName,
    });
    expect(got?.text.trimEnd()).toBe(parts.text.trimEnd());
    expect(got?.html.replace(/\s+/g, ' ').trim()).toBe(parts.html.replace(/\s+/g, ' ').trim());
    expect(got?.attachments).toHaveLength(1);
  });
});

type Place = 'subject' | 'name of the sender' | 'bodies' | 'file name';

type Parts = Awaited<ReturnType<typeof takeApart>>;

/** The rules of those that put the mail together themselves. SMTP carries its bytes, which our composer answers for. */
function refuses(provider: string, place: Place, { subject, fromName, attachments, html }: Parts): boolean {
  if (provider === 'SMTP') return false;
  const fileNames = attachments.map(({ fileName }) => fileName);
  // What would end a header, and what is longer than one may be. Listmonk gets file names of plain letters alone.
  const headers = [subject, fromName, ...(provider === 'Listmonk' ? [] : fileNames)];
  if (headers.some((value) => value.length > 998 || /[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}]|=\?/u.test(value)))
    return true;
  // Resend reads an address out of what it is given.
  if (provider === 'Resend') return /[<>]/.test(fromName);
  if (provider !== 'Novu') return false;
  // A path for a file name, and more than half a megabyte beside the attachments.
  return place === 'file name' ? fileNames.some((name) => name.includes('/')) : html.length > 500_000;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const encoded = (text: string) => `=?utf-8?b?${base64(text)}?=`;
const folded = (text: string) => base64(text).replace(/.{76}/g, '$&\r\n');

/** A mail that carries the value where it says, encoded, as a composer without scruples would. */
function mailWith(place: Place, value: string, messageId: string): OutgoingMail {
  const at = (here: Place, otherwise: string) => (place === here ? value : otherwise);
  const part = (type: string, body: string) =>
    `--x\r\nContent-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n${folded(body)}\r\n`;
  const source = [
    `From: ${encoded(at('name of the sender', 'Lektura'))} <zakupy@lektura.example>`,
    'To: anna@example.pl',
    `Subject: ${encoded(at('subject', 'Order'))}`,
    `Message-ID: ${messageId}`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=y',
    '',
    '--y\r\nContent-Type: multipart/alternative; boundary=x',
    '',
    `${part('text/plain', `x${at('bodies', 'text').slice(0, 5_000)}x`)}${part('text/html', `<p>${at('bodies', 'html')}</p>`)}--x--`,
    `--y\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="${encoded(at('file name', 'a.pdf'))}"`,
    'Content-Transfer-Encoding: base64',
    '',
    base64('%PDF'),
    '--y--',
    '',
  ].join('\r\n');
  return { from: 'zakupy@lektura.example', to: 'anna@example.pl', messageId, bytes: Buffer.from(source) };
}

/** What a reader has before them. */
async function readersView(taken: TakenMail | undefined) {
  if (taken?.parts) return taken.parts;
  const { subject = '', html = '', text = '' } = await PostalMime.parse(taken?.source ?? '');
  return { subject, html, text };
}
