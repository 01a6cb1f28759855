import { z } from 'zod';
import { trackedEventKey } from '../domain/effectKey.ts';
import type { Mode } from '../domain/mailGate.ts';
import type { Plan } from '../domain/plan.ts';
import { defaultRetryPolicy } from '../domain/retryPolicy.ts';
import { type Analytics, type AnalyticsEvent, trackedNames } from '../ports/analytics.ts';
import type { JobView, OutsideStep } from '../ports/step.ts';
import { subjectOf } from './orderOf.ts';

/** One event for the shop's analytics. Made by `fulfillment.track`, in the transaction of what it tells. */
export const trackPlan: Plan = {
  name: 'track',
  version: 1,
  steps: [{ name: 'track', version: 1, needs: [], holds: true }],
};

/** Statistics are read the next day. */
export const trackSlaSeconds = 24 * 3_600;

const snapshot = z.object({
  name: z.enum(trackedNames),
  occurredAt: z.iso.datetime(),
  properties: z.record(z.string(), z.string()),
});

/** Each of the analytics learns of it by an effect of its own, so one that is down holds up no other. */
export function createTrackEvent(analytics: readonly Analytics[], mode: Mode): OutsideStep<AnalyticsEvent> {
  const byName = new Map(analytics.map((one) => [one.name, one]));
  return {
    kind: 'outside',
    name: 'track',
    version: 1,
    timeoutMs: 15_000,
    retry: defaultRetryPolicy,
    effects: (job) =>
      analytics.map(({ name }) => ({ key: trackedEventKey(subjectOf(job), name), provider: name })),
    prepare(job) {
      // Whoever really serves these buyers counts them.
      if (mode === 'shadow') return Promise.resolve({ kind: 'skip', reason: 'shadow_mode' });
      return Promise.resolve({ kind: 'ready', prepared: eventOf(job) });
    },
    async make({ effect, prepared }, { signal }) {
      const receiver = byName.get(effect.provider);
      if (!receiver) throw new TypeError(`There are no analytics called ${effect.provider}.`);
      await receiver.track(prepared, signal);
      return { provider: receiver.name, event: prepared.id };
    },
  };
}

/** The subject is the event's id: unique for its name and what it is about, and the same on every repeat. */
function eventOf(job: JobView): AnalyticsEvent {
  const { name, occurredAt, properties } = snapshot.parse(job.order);
  return { id: subjectOf(job), name, occurredAt: new Date(occurredAt), properties };
}
