import { z } from 'zod';
import { mailProviders, type ProviderPausing } from '../../ports/providerPauses.ts';
import type { ChangeOperation } from '../frame/operation.ts';
import { minutesInput, notPaused, pauseOne, pauseText } from './pausing.ts';

const target = () => ({ kind: 'mail', id: 'all' });
/** Rows are locked in one order, whoever comes. */
const providers = mailProviders.toSorted();

const pauseInput = z.strictObject({ minutes: minutesInput });
const pauseOutput = z.strictObject({
  providers: z.array(z.string()).describe('What can carry mail, configured or not, and is stopped now.'),
  pausedUntil: z.string().describe('When mail goes out again by itself.'),
});

/** No mail leaves, whichever provider carries it; orders are fulfilled up to their mail. */
export function createPauseMail(
  pausing: ProviderPausing,
): ChangeOperation<z.infer<typeof pauseInput>, z.infer<typeof pauseOutput>> {
  return {
    kind: 'change',
    name: 'mail:pause',
    permission: 'mail:pause',
    summary: 'Stop all mail for a time; mails that are owed wait and go out afterwards',
    path: '/mail/pause',
    reason: 'required',
    input: pauseInput,
    output: pauseOutput,
    target,
    async change(tx, { minutes }, by) {
      const before: Record<string, ReturnType<typeof pauseText>> = {};
      let pausedUntil = '';
      for (const provider of providers) {
        const paused = await pauseOne(pausing, tx, { provider, minutes, by });
        before[provider] = pauseText(paused.before);
        pausedUntil = paused.until.toISOString();
      }
      return {
        output: { providers, pausedUntil },
        before,
        after: { pausedUntil },
        details: { minutes, providers },
      };
    },
  };
}

const resumeInput = z.strictObject({});
const resumeOutput = z.strictObject({
  providers: z.array(z.string()).describe('What was stopped, and carries mail again.'),
});

/** Mail goes out again, from every provider that was paused. */
export function createResumeMail(
  pausing: ProviderPausing,
): ChangeOperation<z.infer<typeof resumeInput>, z.infer<typeof resumeOutput>> {
  return {
    kind: 'change',
    name: 'mail:resume',
    permission: 'mail:resume',
    summary: 'Let mail go out again before its pause ends by itself',
    path: '/mail/resume',
    reason: 'optional',
    input: resumeInput,
    output: resumeOutput,
    target,
    async change(tx) {
      const before: Record<string, ReturnType<typeof pauseText>> = {};
      for (const provider of providers) {
        const pause = await pausing.lock(tx, provider);
        if (pause && (await pausing.resume(tx, provider))) before[provider] = pauseText(pause);
      }
      const resumed = Object.keys(before);
      if (resumed.length === 0) throw notPaused('mail:resume', 'Mail is not paused');
      return { output: { providers: resumed }, before, after: { pausedUntil: null } };
    },
  };
}
