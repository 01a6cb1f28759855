import type pg from 'pg';
import { readTimeline } from '../../store/jobs/readTimeline.ts';
import type { SmokeTimeline } from './target.ts';

export function timelineReader(pool: pg.Pool): (paymentKey: string) => Promise<SmokeTimeline> {
  return async (paymentKey) => {
    const { state, events } = await readTimeline(pool, paymentKey, 0);
    return { state, events: events.map(({ kind, step }) => (step === null ? kind : `${kind} ${step}`)) };
  };
}
