import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildConfig } from '../../../test/builders/config.ts';
import { startFaultHttp } from '../../../test/vendors/faultHttp.ts';
import { startFaultSmtp, type FaultSmtp } from '../../../test/vendors/faultSmtp.ts';
import type { Check } from './check.ts';
import { variableNames } from '../variables.ts';
import { createMailers } from '../wireMailers.ts';
import { judgeMail, mailCheck } from './mail.ts';
import { testMailCheck } from './testMail.ts';

let smtp: FaultSmtp;
beforeEach(async () => {
  smtp = await startFaultSmtp();
});
afterEach(() => smtp.stop());

const withoutMailboxes = Object.fromEntries(
  variableNames.filter((name) => /^(JOURNAL|BOUNCES)_/.test(name)).map((name) => [name, undefined]),
);

const mailboxOf = (box: 'JOURNAL' | 'BOUNCES') => ({
  [`${box}_IMAP_HOST`]: 'imap.books.example',
  [`${box}_IMAP_USER`]: 'box',
  [`${box}_IMAP_PASSWORD`]: 'secret',
});

const run = (check: Check, changes: Record<string, string | undefined> = {}) =>
  check.run({
    config: buildConfig({
      ...withoutMailboxes,
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(smtp.port),
      SMTP_SECURITY: 'none',
      SMTP_USER: undefined,
      SMTP_PASSWORD: undefined,
      ...changes,
    }),
    migratorUrl: null,
    signal: AbortSignal.timeout(5_000),
  });

describe('the mail server', () => {
  it('is fine when it answers, and gets no mail', async () => {
    const [finding, journal] = await run(mailCheck);
    expect(finding).toMatchObject({ check: 'smtp', state: 'ok' });
    expect(journal).toMatchObject({ check: 'mail journal', state: 'note' });
    expect(smtp.taken).toEqual([]);
  });

  it('fails when it refuses us', async () => {
    smtp.behave({ mode: 'reply', at: 'greeting', reply: '554 5.7.1 Go away' });
    const [finding] = await run(mailCheck);
    expect(finding).toMatchObject({
      check: 'smtp',
      state: 'failed',
      remedy: expect.stringContaining('SMTP_HOST'),
    });
  });
});

describe('several providers', () => {
  it('are each looked at, and one that fails hides no other', async () => {
    const http = await startFaultHttp();
    http.otherwise(() => ({ mode: 'answer', status: 401, json: { name: 'invalid_api_key', message: '' } }));
    try {
      const findings = await run(mailCheck, { MAIL_PROVIDERS: 'resend,smtp', RESEND_API_URL: http.url });
      expect(findings).toMatchObject([
        { check: 'resend', state: 'failed', remedy: expect.stringContaining('RESEND_API_KEY') },
        { check: 'smtp', state: 'ok' },
        { check: 'mail journal', state: 'note' },
        { check: 'mail guarantee' },
        {
          check: 'mail guarantee',
          detail: expect.stringMatching(/^of a mail that smtp .*: nothing, not that/),
        },
      ]);
      expect(JSON.stringify(findings)).not.toContain('re_yourSendingKey');
    } finally {
      await http.stop();
    }
  });

  it('are summed up in one sentence of what they promise, and what would make it more', () => {
    const judged = (changes: Record<string, string | undefined>) => {
      const config = buildConfig({ ...withoutMailboxes, ...changes });
      return judgeMail(config, createMailers(config, undefined));
    };
    expect(judged({ MAIL_PROVIDERS: 'listmonk' })).toMatchObject([
      {
        state: 'note',
        detail: expect.stringMatching(/^Through listmonk each mail is accepted, unproven: /),
        remedy: 'Give a journal: JOURNAL_ADDRESS and JOURNAL_IMAP_*.',
      },
      {
        state: 'note',
        detail: 'of a mail that listmonk has accepted is heard: a part of the bounces that Listmonk knows of',
        remedy: expect.stringContaining('BOUNCES_IMAP_*'),
      },
    ]);
    const withBounces = { MAIL_PROVIDERS: 'listmonk', ...mailboxOf('BOUNCES') };
    expect(judged(withBounces)).toHaveLength(1);
    expect(judged({ MAIL_PROVIDERS: 'smtp', ...mailboxOf('JOURNAL') }).at(-1)?.detail).toMatch(
      /: that its copy is in the journal, not that it came back$/,
    );
    // Novu tells what became of a mail at the provider behind it, and of no bounce.
    expect(judged({ MAIL_PROVIDERS: 'novu' })).toMatchObject([
      {
        detail: expect.stringContaining('what it loses behind its answer is not sent again, and is reported'),
      },
      { detail: expect.stringContaining('no later bounce') },
    ]);
    const [both] = judged({ MAIL_PROVIDERS: 'resend,smtp', MAIL_WHEN_UNKNOWN: '*=hold' });
    expect(both?.detail).toMatch(
      /^Through resend .* exactly once .*; where smtp takes over, it is at most once/,
    );
    const [byKind] = judged({ MAIL_WHEN_UNKNOWN: 'refund=hold' });
    expect(byKind?.detail).toContain('for kinds that are held');
  });
});

describe('the mailbox of bounces', () => {
  it('fails when it cannot be reached', async () => {
    const gone = await startFaultHttp();
    await gone.stop();
    const unreachable = {
      BOUNCES_IMAP_HOST: '127.0.0.1',
      BOUNCES_IMAP_PORT: new URL(gone.url).port,
      BOUNCES_IMAP_SECURITY: 'none',
      BOUNCES_IMAP_USER: 'bounces',
      BOUNCES_IMAP_PASSWORD: 'secret',
    };
    expect(await run(mailCheck, unreachable)).toContainEqual(
      expect.objectContaining({ check: 'mail bounces', state: 'failed', remedy: 'Check BOUNCES_IMAP_*.' }),
    );
  });
});

describe('the test mail', () => {
  it('is one real mail to the given address, that comes back to where bounces are read', async () => {
    expect(await run(testMailCheck({ to: 'ann@books.example' }))).toMatchObject([{ state: 'ok' }]);
    expect(smtp.taken).toMatchObject([{ from: 'bounces@books.example', to: 'ann@books.example' }]);
    expect(smtp.taken[0]?.source).toContain('Subject: Test of fulfillment mails');
  });

  it('goes through the provider that was named, and through no other than those that are configured', async () => {
    const both = { MAIL_PROVIDERS: 'resend,smtp' };
    const to = 'ann@books.example';
    expect(await run(testMailCheck({ to, via: 'smtp' }), both)).toMatchObject([{ state: 'ok' }]);
    expect(smtp.taken).toHaveLength(1);
    expect(await run(testMailCheck({ to, via: 'novu' }), both)).toMatchObject([
      { state: 'failed', detail: '--send-test-via names none of MAIL_PROVIDERS: resend, smtp' },
    ]);
  });

  it('fails with the reason when it is refused', async () => {
    smtp.behave({ mode: 'reply', at: 'rcpt_to', reply: '550 5.1.1 No such user' });
    expect(await run(testMailCheck({ to: 'ann@books.example' }))).toMatchObject([{ state: 'failed' }]);
  });

  it('is not sent to anything but one plain address', async () => {
    expect(await run(testMailCheck({ to: 'a@b.example, c@d.example' }))).toMatchObject([{ state: 'failed' }]);
    expect(smtp.connections).toBe(0);
  });
});
