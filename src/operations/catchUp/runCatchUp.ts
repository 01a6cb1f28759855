import { z } from 'zod';
import type { CatchUpDesk } from '../../ports/catchUpDesk.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ChangeOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import { momentInput, momentOf } from '../trail/momentInput.ts';

export interface RunCatchUpOptions {
  desk: Pick<CatchUpDesk, 'wantRound' | 'wantSweep'>;
  clock: Pick<Clock, 'now'>;
}

const input = z.strictObject({
  since: momentInput('Also sweep over all sales from then on').optional(),
});
const output = z.strictObject({
  sweepId: z.string().nullable().describe('The sweep, where one was asked for.'),
});

/** Looks now for what no webhook has told, instead of with the next interval. */
export function createRunCatchUp({
  desk,
  clock,
}: RunCatchUpOptions): ChangeOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'change',
    name: 'catch_up:run',
    permission: 'catch_up:run',
    summary: 'Ask Stripe now for what no webhook has told',
    path: '/catch-up/run',
    reason: 'optional',
    input,
    output,
    target: () => ({ kind: 'catch_up', id: 'stripe' }),
    async change(tx, given, by) {
      const now = clock.now();
      // To the second, so that the same asked twice is one sweep.
      const until = new Date(Math.ceil(now.getTime() / 1_000) * 1_000);
      const since = momentOf(given.since, now, until);
      if (given.since !== undefined && since >= until) throw aheadOfNow();
      await desk.wantRound(tx);
      const sweep =
        given.since === undefined
          ? null
          : await desk.wantSweep(tx, { kind: 'asked', since, until, askedBy: by.caller.subject });
      const sweepId = sweep?.sweepId ?? null;
      return { output: { sweepId }, before: {}, after: { sweepId } };
    },
  };
}

const aheadOfNow = () =>
  new Refusal({
    kind: 'invalid_input',
    code: 'invalid_input',
    field: 'since',
    detail: 'The beginning must be in the past.',
  });
