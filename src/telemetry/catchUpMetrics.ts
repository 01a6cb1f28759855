import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { TelemetryEvent } from '../ports/telemetry.ts';

const duties = ['catch up', 'read events', 'sweep sales', 'watch the webhook'];
const finds = [
  ['poller', 'accepted'],
  ['poller', 'merged'],
  ['sweep', 'accepted'],
  ['sweep', 'adopted'],
] as const;

/** Metrics of what is found without a webhook. */
export function createCatchUpMetrics(registry: Registry) {
  const registers = [registry];
  const bound = new Gauge({
    name: 'fulfillment_catch_up_bound_seconds',
    help: 'Within how many seconds a paid order is found even if no webhook comes. 0 where no worker runs.',
    registers,
  });
  const readAt = new Gauge({
    name: 'fulfillment_catch_up_last_success_timestamp_seconds',
    help: "When Stripe's events were last read to their end; 0 before the first time. Database truth.",
    registers,
  });
  const roundSeconds = new Histogram({
    name: 'fulfillment_catch_up_round_duration_seconds',
    help: "Duration of a reading of Stripe's events.",
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60],
    registers,
  });
  const found = new Counter({
    name: 'fulfillment_catch_up_found_total',
    help: 'What no webhook had brought, by the door that found it and what became of it.',
    labelNames: ['door', 'outcome'],
    registers,
  });
  const failures = new Counter({
    name: 'fulfillment_catch_up_failures_total',
    help: 'Troubles of catching up, by duty. It is tried again.',
    labelNames: ['duty'],
    registers,
  });
  for (const [door, outcome] of finds) found.inc({ door, outcome }, 0);
  for (const duty of duties) failures.inc({ duty }, 0);

  return {
    observe(event: TelemetryEvent): void {
      switch (event.name) {
        case 'catch_up.started':
          return bound.set(event.boundSeconds);
        case 'catch_up.round':
          return roundSeconds.observe(event.durationMs / 1000);
        case 'catch_up.found':
          return found.inc({ door: event.door, outcome: event.outcome });
        case 'catch_up.failed':
          return failures.inc({ duty: event.during });
        default:
          return undefined;
      }
    },
    show: (caughtUpAt: Date | null): void => readAt.set(caughtUpAt ? caughtUpAt.getTime() / 1000 : 0),
  };
}
