import type { CatchUpState, SweepPlan } from '../../ports/catchUp.ts';
import { eventsKeptMs } from './readEvents.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Some ways to pay settle two weeks after the checkout. */
const settlesWithinMs = 14 * dayMs;
/** So long after a sale its money may go back, of which no event tells any more after a gap. */
const goesBackWithinMs = 180 * dayMs;
/** Recent sales are swept once a day, and so that two sweeps overlap by a day. */
const sweepEveryMs = dayMs;
const sweepBackMs = 2 * dayMs;
/** After so long without a look, the events of the time between may be gone. */
const gapMs = eventsKeptMs - dayMs;

/**
 * Which sweeps are to be made now. Before the first reading of events, everything since the start date; after a time in
 * which nobody looked, that time; and the last two days once a day, as a second net.
 */
export function sweepsDue(state: CatchUpState, startDate: Date): SweepPlan[] {
  const { now, seenUntil, readAt, sweptAt } = state;
  const to = (kind: SweepPlan['kind'], sinceMs: number): SweepPlan => ({
    kind,
    since: new Date(Math.max(0, Math.min(sinceMs, now.getTime() - hourMs))),
    until: now,
  });
  if (seenUntil === null) return [to('first', startDate.getTime() - settlesWithinMs)];
  const lookedAt = readAt ?? seenUntil;
  const swept = sweptAt?.getTime() ?? 0;
  if (now.getTime() - lookedAt.getTime() > gapMs && swept < lookedAt.getTime() + gapMs)
    return [
      to('gap', Math.max(startDate.getTime() - settlesWithinMs, lookedAt.getTime() - goesBackWithinMs)),
    ];
  if (now.getTime() - swept >= sweepEveryMs) return [to('daily', now.getTime() - sweepBackMs)];
  return [];
}

/** Where the first reading of events begins: at the start date, as far as Stripe still has them. */
export const firstSeenUntil = ({ now }: Pick<CatchUpState, 'now'>, startDate: Date): Date =>
  new Date(Math.min(now.getTime(), Math.max(startDate.getTime(), now.getTime() - gapMs)));
