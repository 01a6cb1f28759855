import type pg from 'pg';
import { planKey } from '../../domain/plan.ts';
import { isConflict, isUnavailable } from '../connection.ts';
import type {
  Accepted,
  EventRecord,
  IntakeStore,
  PurchaseNews,
  SettlementNews,
} from '../../ports/intakeStore.ts';

/** An event as the definer functions take it. */
export const eventJson = (event: EventRecord) => ({
  event_id: event.eventId,
  type: event.type,
  api_version: event.apiVersion,
  livemode: event.livemode,
  occurred_at: event.occurredAt,
  verdict: event.verdict,
  reason: event.reason,
  door: event.door,
});

/** A purchase, or news of its money, as the definer functions take it. */
export const purchaseJson = (news: PurchaseNews | SettlementNews) => ({
  payment_key: news.paymentKey,
  payment_intent_id: news.paymentIntentId,
  order_id: news.orderId,
  livemode: news.livemode,
  plan: news.plan,
  plan_key: planKey(news.plan),
  sla_seconds: news.slaSeconds,
  trace_context: news.traceContext,
  ...('kind' in news
    ? { kind: news.kind }
    : {
        checkout_session_id: news.checkoutSessionId,
        paid: news.paid,
        wait_ms: news.waitForSessionMs,
      }),
});

/** One call of the definer function that owns the merge; the intake's role may do nothing else. */
export const createIntakeStore = (pool: pg.Pool): IntakeStore => acceptBy(pool, 'accept_event');

/** The same for what was fetched: whatever is said of its door, it is the poller's. Over a pool of `fulfillment_worker`. */
export const createFetchedEventDoor = (pool: pg.Pool): IntakeStore => acceptBy(pool, 'accept_fetched');

function acceptBy(pool: pg.Pool, door: 'accept_event' | 'accept_fetched'): IntakeStore {
  return {
    async accept(event: EventRecord, purchase: PurchaseNews | SettlementNews | null): Promise<Accepted> {
      const { rows } = await repeatOnConflict(() =>
        pool.query<{ outcome: Accepted['outcome']; job_id: string | null }>(
          `select outcome, job_id from fulfillment.${door}($1, $2, $3, $4)`,
          [
            JSON.stringify(eventJson(event)),
            Buffer.from(event.body),
            Buffer.from(event.contentSha256),
            purchase ? JSON.stringify(purchaseJson(purchase)) : null,
          ],
        ),
      );
      const row = rows[0];
      if (!row) throw new Error(`${door} returned nothing.`);
      return { outcome: row.outcome, jobId: row.job_id };
    },
    isUnavailable,
  };
}

const triesMax = 3;

/** Two events of one payment and a worker may lock each other out; the transaction that lost does when repeated. */
export async function repeatOnConflict<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries >= triesMax || !isConflict(error)) throw error;
    }
  }
}
