import { z } from 'zod';
import type { Permission } from '../../domain/permissions.ts';
import { knownProviders, type ProviderPause, type ProviderPausing } from '../../ports/providerPauses.ts';
import type { Transaction } from '../../ports/transaction.ts';
import type { By, ChangeOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';

export const minutesInput = z
  .int()
  .min(1)
  .max(1_440)
  .describe('How long, in minutes, up to a day: a pause that is forgotten ends by itself.');

export const providerInput = z
  .enum(knownProviders, { error: `This must be one of ${knownProviders.join(', ')}.` })
  .describe('The provider: stripe, one that carries mail, storage, or one that counts purchases.');

const pauseInput = z.strictObject({ provider: providerInput, minutes: minutesInput });
const pauseOutput = z.strictObject({
  provider: z.string(),
  pausedUntil: z.string().describe('When work for it goes on by itself.'),
  wasPaused: z.boolean().describe('It was paused already, and now ends at another time.'),
});

/** Work for the provider waits and spends no attempt; everything else goes on. */
export function createPauseProvider(
  pausing: ProviderPausing,
): ChangeOperation<z.infer<typeof pauseInput>, z.infer<typeof pauseOutput>> {
  return {
    kind: 'change',
    name: 'provider:pause',
    permission: 'provider:pause',
    summary: 'Stop all calls to a provider for a time; work for it waits and loses nothing',
    path: '/providers/:provider/pause',
    reason: 'required',
    input: pauseInput,
    output: pauseOutput,
    target: ({ provider }) => ({ kind: 'provider', id: provider }),
    async change(tx, { provider, minutes }, by) {
      const { before, until } = await pauseOne(pausing, tx, { provider, minutes, by });
      return {
        output: { provider, pausedUntil: until.toISOString(), wasPaused: before !== null },
        before: pauseText(before),
        after: { pausedUntil: until.toISOString() },
        details: { minutes },
      };
    },
  };
}

const resumeInput = z.strictObject({ provider: providerInput });
const resumeOutput = z.strictObject({
  provider: z.string(),
  wasPausedUntil: z.string().describe('When the pause would have ended by itself.'),
});

/** Work for the provider goes on within the next seconds. */
export function createResumeProvider(
  pausing: ProviderPausing,
): ChangeOperation<z.infer<typeof resumeInput>, z.infer<typeof resumeOutput>> {
  return {
    kind: 'change',
    name: 'provider:resume',
    permission: 'provider:resume',
    summary: 'End the pause of a provider; what has waited comes back within half a minute',
    path: '/providers/:provider/resume',
    reason: 'optional',
    input: resumeInput,
    output: resumeOutput,
    target: ({ provider }) => ({ kind: 'provider', id: provider }),
    async change(tx, { provider }) {
      const before = await pausing.lock(tx, provider);
      if (!before) throw notPaused('provider:resume', `${provider} is not paused`);
      await pausing.resume(tx, provider);
      return {
        output: { provider, wasPausedUntil: before.until.toISOString() },
        before: pauseText(before),
        after: { pausedUntil: null },
      };
    },
  };
}

export async function pauseOne(
  pausing: ProviderPausing,
  tx: Transaction,
  { provider, minutes, by }: { provider: string; minutes: number; by: By },
): Promise<{ before: ProviderPause | null; until: Date }> {
  const before = await pausing.lock(tx, provider);
  const until = await pausing.pause(tx, {
    provider,
    forMs: minutes * 60_000,
    by: by.caller.subject,
    reason: by.reason ?? '',
  });
  return { before, until };
}

/** A pause as the audit keeps it. Its reason stands in the row of whoever paused. */
export const pauseText = (pause: ProviderPause | null) =>
  pause === null
    ? { pausedUntil: null }
    : { pausedUntil: pause.until.toISOString(), pausedBy: pause.by, pausedAt: pause.since.toISOString() };

export const notPaused = (operation: Permission, sentence: string) =>
  new Refusal({
    kind: 'wrong_state',
    code: operation === 'mail:resume' ? 'mail_not_paused' : 'provider_not_paused',
    detail: `${sentence}.`,
    remedy: 'See the list of providers. A breaker that is open closes by itself, once the provider answers.',
  });
