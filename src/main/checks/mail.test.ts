import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildConfig } from '../../../test/builders/config.ts';
import { startFaultSmtp, type FaultSmtp } from '../../../test/vendors/faultSmtp.ts';
import type { Check } from './check.ts';
import { mailCheck } from './mail.ts';
import { testMailCheck } from './testMail.ts';

let smtp: FaultSmtp;
beforeEach(async () => {
  smtp = await startFaultSmtp();
});
afterEach(() => smtp.stop());

const withoutJournal = Object.fromEntries(
  ['HOST', 'PORT', 'SECURITY', 'USER', 'PASSWORD', 'MAILBOX', 'LAG_MS'].map((name) => [
    `JOURNAL_IMAP_${name}`,
    undefined,
  ]),
);

const run = (check: Check) =>
  check.run({
    config: buildConfig({
      ...withoutJournal,
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(smtp.port),
      SMTP_SECURITY: 'none',
      SMTP_USER: undefined,
      SMTP_PASSWORD: undefined,
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
    smtp.behave({ mode: 'greeting', reply: '554 5.7.1 Go away' });
    const [finding] = await run(mailCheck);
    expect(finding).toMatchObject({
      check: 'smtp',
      state: 'failed',
      remedy: expect.stringContaining('SMTP_HOST'),
    });
  });
});

describe('the test mail', () => {
  it('is one real mail from the shop to the given address', async () => {
    expect(await run(testMailCheck('ann@books.example'))).toMatchObject([{ state: 'ok' }]);
    expect(smtp.taken).toMatchObject([{ from: 'receipts@books.example', to: 'ann@books.example' }]);
    expect(smtp.taken[0]?.source).toContain('Subject: Test of fulfillment mails');
  });

  it('fails with the reason when it is refused', async () => {
    smtp.behave({ mode: 'rcpt_to', reply: '550 5.1.1 No such user' });
    expect(await run(testMailCheck('ann@books.example'))).toMatchObject([{ state: 'failed' }]);
  });

  it('is not sent to anything but one plain address', async () => {
    expect(await run(testMailCheck('a@b.example, c@d.example'))).toMatchObject([{ state: 'failed' }]);
    expect(smtp.connections).toBe(0);
  });
});
