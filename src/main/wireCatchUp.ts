import { uuidv7 } from 'uuidv7';
import { Stripe } from 'stripe';
import type { Plan } from '../domain/plan.ts';
import { catchUpBoundMs } from '../intake/catchUp/bound.ts';
import { type CatchUp, createCatchUp } from '../intake/catchUp/catchUp.ts';
import { createCallPace } from '../intake/catchUp/pace.ts';
import { createReadEvents } from '../intake/catchUp/readEvents.ts';
import { createSweepSales } from '../intake/catchUp/sweepSales.ts';
import { createWatchEndpoint } from '../intake/catchUp/watchEndpoint.ts';
import { createEventReader } from '../intake/eventReader.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { adoptPlan } from '../steps/handMadeOrders.ts';
import { settlePlan } from '../steps/plans.ts';
import { createAlertBook } from '../store/alerts/alertBook.ts';
import { createCatchUpStore } from '../store/catchUp/catchUpStore.ts';
import { createFetchedEventDoor } from '../store/events/acceptEvent.ts';
import { createFoundSaleDoor } from '../store/events/acceptFound.ts';
import type { Config } from './config.ts';
import { systemClock } from './systemClock.ts';
import { systemRandom } from './systemRandom.ts';
import { createPaymentLists } from './wireProviders.ts';
import type { Pools } from './wireStores.ts';

interface Parts {
  pools: Pick<Pools, 'worker'>;
  telemetry: Telemetry;
  /** The plan new purchases get. */
  plan: Plan;
  onWork(): void;
}

/** Short, so that another process takes over well within the bound that is promised. */
const leaseMs = 10_000;
/** Nobody waits for what was sold before we began; still, somebody should know when it does not come to an end. */
const adoptSlaSeconds = 7 * 86_400;

/** Finds what no webhook has told, with everything behind it. Runs where a worker runs. */
export function wireCatchUp(config: Config, { pools, telemetry, plan, onWork }: Parts): CatchUp {
  const { stripe, startDate, slaSeconds, waitForSessionMs, catchUp, http } = config;
  const worker = `${config.worker.name}:${uuidv7()}`;
  const clock = systemClock;
  const lists = createPaymentLists(config);
  const store = createCatchUpStore(pools.worker);
  const shared = { worker, lists, store, telemetry };
  const pace = createCallPace(clock, catchUp.callsPerSecond);
  const plans = { plan, settlePlan };
  const rules = { livemode: stripe.livemode, startDate, slaSeconds, ...plans };
  const running = createCatchUp({
    worker,
    store,
    clock,
    telemetry,
    startDate,
    leaseMs,
    readEvents: createReadEvents({
      ...shared,
      intake: createFetchedEventDoor(pools.worker),
      read: createEventReader({ ...rules, waitForSessionMs, apiVersion: Stripe.API_VERSION }),
      pace,
      clock,
      random: systemRandom,
      intervalMs: catchUp.intervalMs,
      leaseMs,
      onWork,
    }),
    sweepSales: createSweepSales({
      ...shared,
      ...rules,
      adoptPlan,
      adoptSlaSeconds,
      door: createFoundSaleDoor(pools.worker),
      pace,
      onWork,
    }),
    watchEndpoint: createWatchEndpoint({
      ...shared,
      alerts: createAlertBook(pools.worker),
      wanted: {
        url: `${http.publicBaseUrl}/webhooks/stripe`,
        livemode: stripe.livemode,
        apiVersion: Stripe.API_VERSION,
      },
    }),
  });
  return {
    start() {
      telemetry.emit({
        name: 'catch_up.started',
        boundSeconds: catchUpBoundMs(catchUp.intervalMs) / 1_000,
        intervalSeconds: catchUp.intervalMs / 1_000,
      });
      running.start();
    },
    stop: running.stop,
  };
}
