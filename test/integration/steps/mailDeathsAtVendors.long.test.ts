import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Mailer } from '../../../src/ports/mailer.ts';
import { aBook, startFulfilStack, type FulfilStack } from '../../builders/fulfilStack.ts';
import { deathsOfMails, dieWhileMailing } from '../../builders/mailDeaths.ts';
import type { MailerUnderTest, ProviderMood } from '../../contract/mailer.contract.ts';
import { startListmonkMailer } from '../../contract/mailer.listmonk.harness.ts';
import { startNovu } from '../../contract/mailer.novu.harness.ts';
import { startResend } from '../../contract/mailer.resend.harness.ts';
import { type SmtpUnderTest, startSmtp } from '../../contract/mailer.smtp.harness.ts';

let stack: FulfilStack;
beforeAll(async () => {
  stack = await startFulfilStack();
  await stack.importBooks(aBook('calm-checkout', 'price_1'));
});
afterAll(() => stack.stop());

/** Ten minutes in the product. */
const smtpAnswerMs = 250;

const vendors: Array<[string, () => Promise<MailerUnderTest | SmtpUnderTest>]> = [
  ['SMTP', () => startSmtp([], false, smtpAnswerMs)],
  ['SMTP with a journal', () => startSmtp(['PIPELINING'], true, smtpAnswerMs)],
  ['Resend', startResend],
  ['Listmonk with a journal', () => startListmonkMailer(true)],
  ['Listmonk without one', () => startListmonkMailer(false)],
  ['Novu', () => startNovu({ idempotency: true, reportsDeliveries: true })],
  ['Novu without keys', () => startNovu({ idempotency: false, reportsDeliveries: true })],
];
const moods: ProviderMood[] = [
  'accepts',
  'defers',
  'refuses_mailbox',
  'loses_answer_after_taking',
  'loses_answer_without_taking',
];
/** An answer that hangs is one that is lost; here it comes, too late. */
const moodsOf = (vendor: string): ProviderMood[] =>
  vendor.startsWith('SMTP') ? [...moods, 'takes_and_hangs'] : moods;

/**
 * In this mood for one mail, then well; and without the waits that are there for slow vendors. An answer that has hung
 * comes when nobody waits for it any more.
 */
function onceIn(mood: ProviderMood, vendor: MailerUnderTest | SmtpUnderTest): Mailer {
  const { mailer, mood: set } = vendor;
  const { dedupe } = mailer.capabilities;
  set(mood);
  const recover = () => {
    set('accepts');
    if ('answerLate' in vendor && mood === 'takes_and_hangs') vendor.answerLate();
  };
  return {
    ...mailer,
    capabilities: {
      ...mailer.capabilities,
      lookupLagMs: 0,
      dedupe: dedupe && { ...dedupe, repeatAfterMs: 0 },
    },
    send: (mail, signal) => mailer.send(mail, signal).finally(recover),
  };
}

describe.each(vendors)('a mail through %s', (name, start) => {
  it.each(moodsOf(name))('ends as promised when it %s once, wherever the worker dies', async (mood) => {
    for (const at of [null, ...deathsOfMails]) {
      const vendor = await start();
      const mailer = onceIn(mood, vendor);
      const told = await dieWhileMailing({ stack, mailer, at });
      const taken = vendor.taken().length;
      await vendor.stop();
      const where = `at ${at ?? 'no point'}: ${JSON.stringify({ ...told, taken })}`;
      const { dedupe, lookup } = mailer.capabilities;
      if (told.state === 'completed') expect(taken, where).toBeGreaterThanOrEqual(1);
      else if (mood === 'refuses_mailbox') expect(told.state, where).toBe('failed');
      else expect(told, where).toMatchObject({ state: 'blocked', reason: 'mail_outcome_unknown' });
      const most = dedupe || lookup !== 'none' ? 1 : 1 + told.ambiguities;
      expect(taken, where).toBeLessThanOrEqual(most);
    }
  });
});
