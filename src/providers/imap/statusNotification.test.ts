import { describe, expect, it } from 'vitest';
import { notifications } from '../../../test/vendors/notifications.ts';
import type { NotificationStyle } from '../../../test/vendors/notifications.ts';
import { readNotification } from './statusNotification.ts';

const messageId = '<0123456789abcdef0123456789abcdef01234567@shop.example>';
const options = { ignoredRecipients: new Set(['journal@shop.example']) };
const read = (mail: string) => readNotification(Buffer.from(mail, 'latin1'), options);

const postfix = (content: Partial<Parameters<typeof notifications.Postfix>[0]> = {}) =>
  notifications.Postfix({ messageId, ...content });

/** A report with these parts, each with its type. */
const report = (...parts: Array<[type: string, content: string]>) =>
  [
    'Message-ID: <own@mx.example>',
    'Content-Type: multipart/report; report-type="delivery-status"; boundary=b',
    '',
    ...parts.flatMap(([type, content]) => ['--b', `Content-Type: ${type}`, '', content]),
    '--b--',
    '',
  ].join('\r\n');
const about = (...recipients: string[]) =>
  ['message/delivery-status', ['Reporting-MTA: dns; mx.example', ...recipients].join('\r\n\r\n')] as [
    string,
    string,
  ];
const failed = 'Final-Recipient: rfc822; jan@example.pl\r\nAction: failed\r\nStatus: 5.1.1';
const returned: [string, string] = ['text/rfc822-headers', `Message-ID: ${messageId}\r\n`];

describe('a notification that a mail has failed', () => {
  it.each<[NotificationStyle, string]>([
    ['Postfix', '5.1.1'],
    ['Exim', '5.1.1'],
    ['Exchange', '5.1.10'],
    ['Gmail', '5.1.1'],
  ])('of %s names the mail and the cause, and no address', async (style, status) => {
    const notification = await read(notifications[style]({ messageId, ownId: '<own@mx.example>' }));
    expect(notification).toEqual({
      mail: { messageId },
      kind: 'bounced',
      bounce: { permanence: 'hard', cause: 'address', status },
      id: '<own@mx.example>',
    });
  });

  it('of Amazon SES names the mail as SES did when it took it: our Message-ID is gone', async () => {
    const named = '<0100019ab3c4d5e6-0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-000000@email.amazonses.com>';
    expect(await read(notifications['Amazon SES']({ messageId: named }))).toMatchObject({
      mail: {
        provider: 'smtp',
        reference: '250 Ok 0100019ab3c4d5e6-0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-000000',
      },
      kind: 'bounced',
      bounce: { permanence: 'hard', cause: 'address', status: '5.1.1' },
    });
  });

  it.each<[string, string, object]>([
    ['5.2.2', '552 5.2.2 over quota', { permanence: 'hard', cause: 'mailbox_full' }],
    ['4.4.7', '421 4.4.1 timed out', { permanence: 'hard', cause: 'unknown' }],
    ['4.2.2', '452 4.2.2 over quota', { permanence: 'hard', cause: 'mailbox_full' }],
    ['5.7.1', '550 5.7.1 spam', { permanence: 'hard', cause: 'policy' }],
  ])('with status %s says what it means', async (status, diagnostic, bounce) => {
    expect(await read(postfix({ status, diagnostic }))).toMatchObject({ bounce: { ...bounce, status } });
  });
});

describe('another notification', () => {
  it.each([
    ['delayed', 'delayed'],
    ['delivered', 'delivered'],
    ['Expanded', 'delivered'],
    ['relayed (to a system without notifications)', 'accepted'],
  ])('with the action %s is heard as %s, without a bounce', async (action, kind) => {
    const notification = await read(postfix({ action, status: '2.0.0' }));
    expect(notification).toMatchObject({ kind, mail: { messageId } });
    expect(notification).not.toHaveProperty('bounce');
  });

  it.each(['4.4.1', '4.2.2', '5.1.1'])(
    'that it is put off (%s) is no bounce, whatever its code',
    async (status) => {
      const notification = await read(
        postfix({ action: 'delayed', status, diagnostic: `421 ${status} later` }),
      );
      expect(notification).toEqual({ mail: { messageId }, kind: 'delayed', id: expect.any(String) });
    },
  );

  it.each(['', 'teleported', 'constructor'])('with the action %j says nothing', async (action) => {
    expect(await read(postfix({ action }))).toBeUndefined();
  });

  it('names the mail by what stands before the @: the sender’s domain may have been another one', async () => {
    const former = messageId.replace(/@.*/, '@former.example>');
    expect(await read(postfix({ messageId: former }))).toMatchObject({ mail: { messageId: former } });
  });

  it('about a copy in the journal says nothing of the buyer’s mail', async () => {
    expect(await read(postfix({ recipient: 'Journal@shop.example' }))).toBeUndefined();
    const copy = 'Final-Recipient: rfc822; journal@shop.example\r\nAction: failed\r\nStatus: 5.2.2';
    const delivered = 'Final-Recipient: rfc822; jan@example.pl\r\nAction: delivered\r\nStatus: 2.0.0';
    expect(await read(report(about(copy, delivered), returned))).toMatchObject({ kind: 'delivered' });
  });

  it('about several recipients is believed where it says one thing', async () => {
    const other = 'Final-Recipient: rfc822; ola@example.pl\r\nAction: ';
    expect(await read(report(about(failed, `${other}failed`), returned))).toMatchObject({ kind: 'bounced' });
    expect(await read(report(about(failed, `${other}delivered`), returned))).toBeUndefined();
  });

  it('without an own Message-ID that can be kept has none', async () => {
    for (const ownId of ['', '<>', `<${'x'.repeat(300)}@mx.example>`, '<żółw@mx.example>'])
      expect((await read(postfix({ ownId })))?.id).toBeUndefined();
  });
});

describe('what is no notification about a mail of ours', () => {
  const ownHeaders = `To: bounces@shop.example\r\nIn-Reply-To: ${messageId}\r\nReferences: ${messageId}\r\n`;

  it.each<[string, string]>([
    ['nothing', ''],
    ['an answer of a person', `${ownHeaders}Content-Type: text/plain\r\n\r\nWhere is my book?\r\n`],
    [
      'an absence notice',
      `${ownHeaders}Auto-Submitted: auto-replied\r\nSubject: Out of office\r\n\r\nMessage-ID: ${messageId}\r\n`,
    ],
    [
      'a notification that somebody has forwarded',
      `Content-Type: multipart/mixed; boundary=f\r\n\r\n--f\r\nContent-Type: message/rfc822\r\n\r\n${postfix()}\r\n--f--\r\n`,
    ],
    [
      'a read receipt',
      postfix().replace('report-type=delivery-status', 'report-type=disposition-notification'),
    ],
    ['a bounce of a mail of somebody else', postfix({ messageId: '<1@elsewhere.example>' })],
    ['one with a made-up id of our domain', postfix({ messageId: '<receipt-42@shop.example>' })],
    ['one that returns nothing', report(about(failed))],
    ['one that returns headers without an id', report(about(failed), ['text/rfc822-headers', 'Subject: x'])],
    [
      'one that names the mail in its text alone',
      report(['text/plain', `Message-ID: ${messageId}`], about(failed)),
    ],
    [
      'one that returns two ids',
      report(about(failed), ['text/rfc822-headers', `Message-ID: ${messageId}\r\nMessage-Id: <2@x.example>`]),
    ],
    [
      'one that names the mail below the headers',
      report(about(failed), ['message/rfc822', `Subject: x\r\n\r\nMessage-ID: ${messageId}`]),
    ],
    ['one that returns two mails', report(about(failed), returned, returned)],
    ['one with two statuses', report(about(failed), about(failed), returned)],
    ['one without recipients', report(about(), returned)],
    ['one that is cut off in its status', postfix().slice(0, postfix().indexOf('Action:'))],
    ['one whose parts never begin', postfix().replaceAll('--4T2kQ91zQyz9', '-- 4T2kQ91zQyz9')],
  ])('%s says nothing', async (_what, mail) => {
    expect(await read(mail)).toBeUndefined();
  });

  it('of two thousand recipients says nothing', async () => {
    const recipients = Array.from({ length: 2_000 }, (_, i) => failed.replace('jan', `jan${i}`));
    expect(await read(report(about(...recipients), returned))).toBeUndefined();
  });

  it('however hostile, is read in little time and throws nothing', async () => {
    const begun = performance.now();
    const megabyte = 1_000_000;
    const parts = (line: string) => report(about(failed), returned).replace('--b\r\n', line.repeat(40_000));
    const nested = Array.from(
      { length: 200 },
      (_, i) => `Content-Type: multipart/mixed; boundary=n${i}\r\n\r\n--n${i}\r\n`,
    );
    const hostile = [
      report(about(failed.replace('5.1.1', '5'.repeat(megabyte))), returned),
      report(about(failed), ['text/rfc822-headers', `Message-ID: ${'<'.repeat(megabyte)}`]),
      report(about(failed), ['text/rfc822-headers', `Message-ID:${' \r\n'.repeat(megabyte / 3)}x`]),
      report(about('\r\n \t'.repeat(megabyte / 4)), returned),
      `Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\nX: ${'y'.repeat(megabyte)}\r\n\r\n`,
      `${'Content-Type: multipart/report; '.repeat(30_000)}\r\n\r\n`,
      parts('--b\r\n'),
      parts('--b\r\n\r\n'),
      nested.join(''),
      '\0'.repeat(megabyte),
      Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 256)).toString('latin1'),
    ];
    for (const mail of hostile) await read(mail.slice(0, 256 * 1024));
    expect(performance.now() - begun).toBeLessThan(3_000);
  });
});
