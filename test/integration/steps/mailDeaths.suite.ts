import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aBook, startFulfilStack, type FulfilStack } from '../../builders/fulfilStack.ts';
import { deathsOfMails, dieWhileMailing } from '../../builders/mailDeaths.ts';
import { aFault } from '../../fakes/faultScript.ts';
import { createMemoryMailer, type MailOutcome, type MemoryMailerOptions } from '../../fakes/memoryMailer.ts';

const classes: Array<[string, MemoryMailerOptions, 'repeat' | 'hold']> = [
  ['drops repeats', { lookup: 'none', dedupe: { windowMs: 3_600_000, repeatAfterMs: 0 } }, 'repeat'],
  ['can be asked', {}, 'repeat'],
  ['may lose what it has taken, but has a journal', { acceptanceDurable: false }, 'repeat'],
  ['can be asked nothing', { lookup: 'none' }, 'repeat'],
  ['can be asked nothing, and whose mails are held then', { lookup: 'none' }, 'hold'],
];
export type Mood = [string, MailOutcome];

export const moods: Mood[] = [
  ['takes it', { then: 'accept' }],
  ['takes it and the answer is lost', { then: 'lose_answer', taken: true }],
  ['does not take it and the answer is lost', { then: 'lose_answer', taken: false }],
  ['puts it off', { then: 'refuse', fault: aFault({ reason: 'smtp_deferred' }) }],
];

/** Every class of provider, in each of these moods, with a death at every point of a mail's way. */
export function mailDeathsSuite(these: Mood[]): void {
  let stack: FulfilStack;
  beforeAll(async () => {
    stack = await startFulfilStack();
    await stack.importBooks(aBook('calm-checkout', 'price_1'));
  });
  afterAll(() => stack.stop());

  describe.each(classes)('a mail through a provider that %s', (_class, options, rule) => {
    it.each(these)('ends as promised when it %s, wherever the worker dies', async (_mood, outcome) => {
      for (const at of [null, ...deathsOfMails]) {
        const mailer = createMemoryMailer(options);
        mailer.script(outcome);
        const told = await dieWhileMailing({ stack, mailer, at, whenUnknown: () => rule });
        const taken = mailer.taken.filter(({ messageId }) => messageId === told.messageId).length;
        const where = `at ${at ?? 'no point'}: ${JSON.stringify({ ...told, taken })}`;
        // Where an answer is lost, or proves nothing, and the mail is found, no call ever comes back.
        const comesBack = outcome.then === 'accept' && options.acceptanceDurable !== false;
        if (at !== 'after_call' || comesBack) expect(told.died, where).toBe(at !== null);
        if (told.state === 'completed') expect(taken, where).toBeGreaterThanOrEqual(1);
        else expect(told, where).toMatchObject({ state: 'blocked', reason: 'mail_outcome_unknown' });
        const isCertain = options.lookup !== 'none' && options.acceptanceDurable !== false;
        if (options.dedupe || isCertain) expect(taken, where).toBe(1);
        else expect(taken, where).toBeLessThanOrEqual(1 + told.ambiguities);
        if (rule === 'hold') expect(told.ambiguities, where).toBe(0);
      }
    });
  });
}
