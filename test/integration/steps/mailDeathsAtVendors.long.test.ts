import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Mailer } from '../../../src/ports/mailer.ts';
import { aBook, startFulfilStack, type FulfilStack } from '../../builders/fulfilStack.ts';
import { deathsOfMails, dieWhileMailing } from '../../builders/mailDeaths.ts';
import type { MailerUnderTest, ProviderMood } from '../../contract/mailer.contract.ts';
import { startListmonkMailer } from '../../contract/mailer.listmonk.harness.ts';
import { startNovu } from '../../contract/mailer.novu.harness.ts';
import { startResend } from '../../contract/mailer.resend.harness.ts';

let stack: FulfilStack;
beforeAll(async () => {
  stack = await startFulfilStack();
  await stack.importBooks(aBook('calm-checkout', 'price_1'));
});
afterAll(() => stack.stop());

const vendors: Array<[string, () => Promise<MailerUnderTest>]> = [
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

/** In this mood for one mail, then well; and without the waits that are there for slow vendors. */
function onceIn(mood: ProviderMood, { mailer, mood: set }: MailerUnderTest): Mailer {
  const { dedupe } = mailer.capabilities;
  set(mood);
  return {
    ...mailer,
    capabilities: {
      ...mailer.capabilities,
      lookupLagMs: 0,
      dedupe: dedupe && { ...dedupe, repeatAfterMs: 0 },
    },
    send: (mail, signal) => mailer.send(mail, signal).finally(() => set('accepts')),
  };
}

describe.each(vendors)('a mail through %s', (_vendor, start) => {
  it.each(moods)('ends as promised when it %s once, wherever the worker dies', async (mood) => {
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
