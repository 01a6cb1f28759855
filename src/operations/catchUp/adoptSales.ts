import { z } from 'zod';
import type { CatchUpDesk } from '../../ports/catchUpDesk.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ChangeOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import { momentInput, momentOf } from '../trail/momentInput.ts';

export interface AdoptSalesOptions {
  desk: Pick<CatchUpDesk, 'wantSweep'>;
  clock: Pick<Clock, 'now'>;
  /** What was paid before this is adopted; what was paid since is fulfilled. */
  startDate: Date;
}

const input = z.strictObject({
  since: momentInput('From when on sales are adopted'),
  until: momentInput('Up to when; the start date when left out').optional(),
});
const output = z.strictObject({
  sweepId: z.string(),
  since: z.string(),
  until: z.string(),
  isNew: z.boolean().describe('False: the same was asked for before and is not done yet.'),
});

/**
 * Sales from before we began are recorded and owned, all of them, and nobody is mailed (DESIGN, never mail the past). The
 * worker reads them from Stripe, as fast as it may; asking again does it again, and changes nothing that is done.
 */
export function createAdoptSales({
  desk,
  clock,
  startDate,
}: AdoptSalesOptions): ChangeOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'change',
    name: 'sales:adopt',
    permission: 'sales:adopt',
    summary:
      'Record all sales from before the start date and give the buyers what they own, without any mail',
    path: '/sales/adopt',
    reason: 'required',
    input,
    output,
    target: ({ since }) => ({ kind: 'sales', id: since }),
    async change(tx, given, by) {
      const now = clock.now();
      const since = momentOf(given.since, now, startDate);
      const until = earlier(momentOf(given.until, now, startDate), startDate, now);
      if (since >= until) throw nothingToAdopt(startDate);
      const { sweepId, isNew } = await desk.wantSweep(tx, {
        kind: 'adopt',
        since,
        until,
        askedBy: by.caller.subject,
      });
      const range = { since: since.toISOString(), until: until.toISOString() };
      return { output: { sweepId, ...range, isNew }, before: {}, after: { sweepId, isNew, ...range } };
    },
  };
}

const earlier = (...moments: Date[]) => new Date(Math.min(...moments.map((moment) => moment.getTime())));

const nothingToAdopt = (startDate: Date) =>
  new Refusal({
    kind: 'wrong_state',
    code: 'nothing_to_adopt',
    field: 'since',
    detail: `There is nothing between these: only what was paid before FULFILLMENT_START_DATE, ${startDate.toISOString()}, is adopted.`,
    remedy: 'Name an earlier beginning. What was paid since the start date is fulfilled by itself.',
  });
