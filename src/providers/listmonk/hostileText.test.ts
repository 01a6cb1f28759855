import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { listmonkUser, type ListmonkVendor } from '../../../test/vendors/listmonk.ts';
import { listmonkMail, startListmonk } from '../../../test/vendors/listmonkStack.ts';
import { takeApart } from '../mailParts.ts';

const never = new AbortController().signal;
let vendor: ListmonkVendor;
afterEach(() => vendor.stop());

async function start(...given: Parameters<typeof startListmonk>) {
  const started = await startListmonk(...given);
  vendor = started.vendor;
  return started.mailer;
}

describe('hostile text', () => {
  const signs = [
    '{{',
    '}}',
    '{{ .Subscriber.Email }}',
    '{{ Safe .Tx.Data.html }}',
    '{{- "x" -}}',
    '{',
    '"',
    '\\',
    '<script>',
    '</p>',
    '&amp;',
    '\0',
    '\u202e',
    '\u200f',
    'ż',
    '📚',
    '%s',
    '`',
    '--mail-',
    '=?utf-8?q?x?=',
    ' ',
    'a',
    '\t',
  ];
  const hostile = fc.array(fc.oneof(fc.constantFrom(...signs), fc.string({ unit: 'grapheme' })), {
    maxLength: 12,
  });
  const joined = hostile.map((pieces) => pieces.join('').replace(/[\r\n]/g, ''));
  const headerText = joined.map((text) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]|=\?/gu, '').trim() || 'x');

  it('arrives literally, wherever it stands', async () => {
    const mailer = await start();
    await fc.assert(
      fc.asyncProperty(headerText, headerText, joined, joined, async (subject, fromName, html, text) => {
        const mail = await listmonkMail({ subject, fromName, html: `<p>${html}</p>`, text: `x${text}x` });
        const parts = await takeApart(mail.bytes);
        await mailer.send(mail, never);
        expect(vendor.sent.pop()).toMatchObject({
          subject: parts.subject,
          html: parts.html,
          text: parts.text,
          to: 'jan@example.pl',
          bcc: [],
        });
        expect(parts.html).toContain(`<p>${html}</p>`);
        expect(parts.subject).toBe(subject);
      }),
      { numRuns: 60 },
    );
  });

  it('may be long', async () => {
    const mailer = await start();
    const html = `<p>${'{{ .Tx }} ż '.repeat(90_000)}</p>`;
    await mailer.send(await listmonkMail({ html }), never);
    expect(vendor.sent[0]?.html.trimEnd()).toBe(html);
  });

  it('would have been evaluated by Listmonk as a subject', async () => {
    await start();
    const authorization = `token ${listmonkUser.user}:${listmonkUser.token}`;
    const body = JSON.stringify({
      subscriber_mode: 'external',
      subscriber_emails: ['jan@example.pl'],
      template_id: 7,
      subject: 'For {{ .Subscriber.Email }}',
      data: { html: '' },
    });
    await fetch(`${vendor.url}/api/tx`, { method: 'POST', headers: { authorization }, body });
    expect(vendor.sent[0]?.subject).toBe('For jan@example.pl');
  });
});
