import { randomUUID } from 'node:crypto';
import type { WantedEndpoint } from '../../src/domain/webhookEndpoint.ts';
import { createCatchUp } from '../../src/intake/catchUp/catchUp.ts';
import { createCallPace } from '../../src/intake/catchUp/pace.ts';
import { createReadEvents } from '../../src/intake/catchUp/readEvents.ts';
import { createSweepSales } from '../../src/intake/catchUp/sweepSales.ts';
import { createWatchEndpoint } from '../../src/intake/catchUp/watchEndpoint.ts';
import { createEventReader } from '../../src/intake/eventReader.ts';
import { createWebhookReceiver } from '../../src/intake/receiveWebhook.ts';
import { systemClock } from '../../src/main/systemClock.ts';
import { systemRandom } from '../../src/main/systemRandom.ts';
import type { CatchUpState, PaymentLists } from '../../src/ports/catchUp.ts';
import { createStripeLists } from '../../src/providers/stripe/lists.ts';
import { apiVersion } from '../../src/sandbox/stripe/objects/events.ts';
import { createTestBench } from '../../src/sandbox/stripe/testBench.ts';
import { adoptPlan } from '../../src/steps/handMadeOrders.ts';
import { fulfilPlan, settlePlan } from '../../src/steps/plans.ts';
import { createAlertBook } from '../../src/store/alerts/alertBook.ts';
import { createCatchUpStore } from '../../src/store/catchUp/catchUpStore.ts';
import { createFetchedEventDoor, createIntakeStore } from '../../src/store/events/acceptEvent.ts';
import { createFoundSaleDoor } from '../../src/store/events/acceptFound.ts';
import { createRecordingTelemetry } from '../fakes/recordingTelemetry.ts';
import { bytesOf, signatureHeader } from './stripeEvent.ts';
import { openTestPools, type TestPools } from './testPools.ts';

export interface CatchingUp {
  startDate?: Date;
  intervalMs?: number;
  leaseMs?: number;
  lists?: PaymentLists;
  wanted?: Partial<WantedEndpoint>;
  graceMs?: number;
  adoptedAtOnceMax?: number;
}

const secret = 'whsec_test';

/** Everything that finds what no webhook has told, over a real database, beside a stand-in for Stripe. */
export async function startCatchUpStack(given?: TestPools) {
  const pools = given ?? (await openTestPools());
  const bench = await createTestBench(pools.database.url);
  const pool = pools.poolAs('fulfillment_worker', 8);
  const store = createCatchUpStore(pool);
  const { baseUrl } = bench.sandbox;
  /** Lists with small pages. */
  const listsOf = (pageSize: number) =>
    createStripeLists({ secretKey: 'sk_test_bench', baseUrl, timeoutMs: 5_000, pageSize });
  const stripeLists = listsOf(100);
  const endpointUrl = (await stripeLists.endpoints(AbortSignal.timeout(5_000)))?.[0]?.url ?? '';
  const longAgo = new Date('2020-01-01T00:00:00Z');

  function instance(settings: CatchingUp = {}) {
    const { startDate = longAgo, intervalMs = 200, leaseMs = 5_000, lists = stripeLists } = settings;
    const worker = `test:${randomUUID()}`;
    const telemetry = createRecordingTelemetry();
    let calls = 0;
    const counted: PaymentLists = {
      events: (query, signal) => ((calls += 1), lists.events(query, signal)),
      checkouts: (query, signal) => ((calls += 1), lists.checkouts(query, signal)),
      intents: (query, signal) => ((calls += 1), lists.intents(query, signal)),
      endpoints: (signal) => ((calls += 1), lists.endpoints(signal)),
    };
    const rules = { livemode: false, startDate, plan: fulfilPlan, settlePlan, slaSeconds: 300 };
    const shared = { worker, lists: counted, store, telemetry, onWork: () => undefined };
    const pace = createCallPace(systemClock, 200);
    const read = createEventReader({ ...rules, waitForSessionMs: 0, apiVersion });
    const readEvents = createReadEvents({
      ...shared,
      intake: createFetchedEventDoor(pool),
      read,
      pace,
      clock: systemClock,
      random: systemRandom,
      intervalMs,
      leaseMs,
    });
    const sweepSales = createSweepSales({
      ...shared,
      ...rules,
      adoptPlan,
      adoptSlaSeconds: 604_800,
      ...(settings.adoptedAtOnceMax === undefined ? {} : { adoptedAtOnceMax: settings.adoptedAtOnceMax }),
      door: createFoundSaleDoor(pool),
      pace,
    });
    const watchEndpoint = createWatchEndpoint({
      ...shared,
      alerts: createAlertBook(pool),
      wanted: { url: endpointUrl, livemode: false, apiVersion, ...settings.wanted },
      graceMs: settings.graceMs ?? 60_000,
    });
    const signal = new AbortController().signal;
    const take = async (): Promise<CatchUpState> => {
      const state = await store.take(worker, leaseMs);
      if (!state) throw new Error('Somebody else is at it.');
      return state;
    };
    return {
      worker,
      telemetry,
      calls: () => calls,
      take,
      /** Reads events from a moment on, as if it had been seen up to then. */
      async readSince(seenUntil: Date) {
        await take();
        await store.advance(worker, seenUntil);
        await readEvents(await take(), signal);
      },
      readEvents: async () => readEvents(await take(), signal),
      sweepPage: () => sweepSales(signal),
      async sweep(plan: { since: Date; until: Date; kind?: 'adopt' | 'asked' }) {
        await take();
        await store.plan(worker, [{ kind: 'asked', ...plan }]);
        for (;;) if ((await sweepSales(signal)) === 'nothing_to_do') return;
      },
      watch: async () => {
        await take();
        await watchEndpoint(signal);
      },
      release: () => store.release(worker),
      loop: () =>
        createCatchUp({
          worker,
          store,
          readEvents,
          sweepSales,
          watchEndpoint,
          clock: systemClock,
          telemetry,
          startDate,
          leaseMs,
        }),
    };
  }

  function webhook() {
    const telemetry = createRecordingTelemetry();
    const receive = createWebhookReceiver({
      store: createIntakeStore(pools.poolAs('fulfillment_intake')),
      clock: systemClock,
      telemetry,
      secrets: [secret],
      livemode: false,
      startDate: longAgo,
      plan: fulfilPlan,
      settlePlan,
      slaSeconds: 300,
      waitForSessionMs: 0,
      apiVersion,
      onWork: () => undefined,
    });
    return {
      async post(content: unknown) {
        const body = bytesOf(content);
        await receive({ body, signatureHeader: signatureHeader(body, [secret], new Date()) });
        return telemetry.of('webhook.answered').at(-1)?.outcome;
      },
    };
  }

  return {
    ...pools,
    bench,
    store,
    stripeLists,
    endpointUrl,
    listsOf,
    instance,
    webhook,

    /** Sales as they are known, with the plan that each got and by which door. */
    sales: (keys: readonly string[]) =>
      pools.rows<{ key: string; kind: string; plan: string; actor: string }>(
        `select p.payment_key as key, j.kind, pl.definition ->> 'name' as plan, e.actor
           from fulfillment.payments p join fulfillment.fulfillment_jobs j on j.payment_id = p.id
           join fulfillment.fulfillment_plans pl on pl.id = j.plan_id
           join fulfillment.fulfillment_job_events e on e.job_id = j.id and e.seq = 1
          where p.payment_key = any($1) order by p.payment_key, j.kind`,
        [keys],
      ),

    alerts: () =>
      pools.rows<{ scope: string; severity: string; state: string; summary: string }>(
        `select scope, severity, state, summary from fulfillment.alerts where rule = 'stripe_webhook' order by opened_at, id`,
      ),

    sweeps: () =>
      pools.rows<Record<string, unknown>>(
        `select kind, part, pages, known::int, fulfilled::int, adopted::int, settled::int, left_out::int,
                finished_at is not null as finished from fulfillment.catch_up_sweeps order by created_at`,
      ),

    /** A purchase of which no webhook is sent. */
    async buySilently(wishes: object = {}) {
      const {
        session,
        payment_intent: intent,
        events,
      } = await bench.buy({ webhook: { drop: true }, ...wishes });
      return { key: intent?.id ?? session.id, sessionId: session.id, events };
    },

    async forget() {
      await pools.admin.query(
        `update fulfillment.catch_up set worker = null, lease_until = null, seen_until = null, read_at = null,
                watched_at = null, due_at = clock_timestamp();
         delete from fulfillment.catch_up_sweeps; delete from fulfillment.alerts`,
      );
    },

    async stop() {
      await bench.close();
      if (!given) await pools.stop();
    },
  };
}

export type CatchUpStack = Awaited<ReturnType<typeof startCatchUpStack>>;
