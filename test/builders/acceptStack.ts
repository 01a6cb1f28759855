import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { createWebhookReceiver } from '../../src/intake/receiveWebhook.ts';
import { systemClock } from '../../src/main/systemClock.ts';
import { fulfilPlan, settlePlan } from '../../src/steps/plans.ts';
import { createIntakeStore } from '../../src/store/events/acceptEvent.ts';
import { createRecordingTelemetry } from '../fakes/recordingTelemetry.ts';
import { bytesOf, intentObject, sessionObject, signatureHeader, stripeEvent } from './stripeEvent.ts';
import { openTestPools } from './testPools.ts';

const secret = 'whsec_test';

/** How long a payment that is known by its intent alone waits for its session. */
export const waitForSessionMs = 60_000;

/** The real webhook over a real database, under the intake's own role. */
export async function startAcceptStack() {
  const pools = await openTestPools();
  const intake = pools.poolAs('fulfillment_intake', 20);

  return {
    ...pools,
    intake,

    webhook(pool: pg.Pool = intake) {
      const telemetry = createRecordingTelemetry();
      const receive = createWebhookReceiver({
        store: createIntakeStore(pool),
        clock: systemClock,
        telemetry,
        secrets: [secret],
        livemode: false,
        startDate: new Date('2020-01-01T00:00:00Z'),
        plan: fulfilPlan,
        settlePlan,
        slaSeconds: 300,
        waitForSessionMs,
        onWork: () => undefined,
      });
      return {
        outcomes: () => telemetry.of('webhook.answered').map(({ outcome }) => outcome),
        post: (content: unknown) => {
          const body = bytesOf(content);
          return receive({ body, signatureHeader: signatureHeader(body, [secret], new Date()) });
        },
      };
    },

    /** What is known of a payment, and of its job. */
    async stateOf(paymentKey: string) {
      const payments = await pools.rows<{ id: string; checkout_session_id: string | null; paid: boolean }>(
        'select id, checkout_session_id, paid from fulfillment.payments where payment_key = $1',
        [paymentKey],
      );
      const jobs = await pools.rows<SeenJob>(
        `select j.id, j.state, d.control_seq,
                (extract(epoch from d.due_at - clock_timestamp()) * 1000)::float as due_in_ms,
                array(select e.kind from fulfillment.fulfillment_job_events e where e.job_id = j.id order by e.seq) as timeline
           from fulfillment.fulfillment_jobs j join fulfillment.payments p on p.id = j.payment_id
           left join fulfillment.fulfillment_dispatch d on d.job_id = j.id
          where p.payment_key = $1`,
        [paymentKey],
      );
      return { payments, jobs };
    },

    eventsOf: (id: unknown) =>
      pools.rows<{ verdict: string; reason: string | null; body: Buffer; payment_id: string | null }>(
        'select verdict, reason, body, payment_id from fulfillment.stripe_events where event_id = $1 order by received_at',
        [id],
      ),
  };
}

export type AcceptStack = Awaited<ReturnType<typeof startAcceptStack>>;

interface SeenJob {
  id: string;
  state: string;
  due_in_ms: number;
  control_seq: string;
  timeline: string[];
}

/** The events of one purchase, with ids of their own. */
export function purchaseEvents(fields: { paid?: boolean } = {}) {
  const mark = randomUUID().replaceAll('-', '');
  const ids = { intent: `pi_${mark}`, session: `cs_test_${mark}` };
  const sessionWith = (changes: object = {}) =>
    sessionObject({ id: ids.session, payment_intent: ids.intent, ...changes });
  const unpaid = fields.paid === false ? { payment_status: 'unpaid' } : {};
  const event = (name: string, object: Record<string, unknown>, type?: string) =>
    stripeEvent(object, { id: `evt_${name}_${mark}`, ...(type ? { type } : {}) });
  return {
    ...ids,
    sessionWith,
    completed: event('completed', sessionWith(unpaid)),
    asyncSucceeded: event('async', sessionWith(), 'checkout.session.async_payment_succeeded'),
    succeeded: event('intent', intentObject({ id: ids.intent })),
  };
}
