import { findLineItems, getObject } from '../objectStore.ts';
import type { Db } from '../objectStore.ts';
import type {
  ChargeBody,
  DisputeBody,
  EventBody,
  IntentBody,
  ItemBody,
  RefundBody,
  SessionBody,
  StripeObject,
} from '../objects/shapes.ts';

/** A payment with all that belongs to it. */
export interface ShownPayment {
  intent: IntentBody;
  charge: ChargeBody;
  session: SessionBody | undefined;
  items: ItemBody[];
  refunds: RefundBody[];
  disputes: DisputeBody[];
  events: { type: string; created: number; undelivered: boolean }[];
}

const shownMax = 50;

/** The newest charges, or those of a buyer or a payment. */
export async function recentCharges(db: Db, wanted: string): Promise<ChargeBody[]> {
  const { rows } = await db.query<{ body: ChargeBody }>(
    `select body from stripe_sandbox.objects
     where type = 'charge'
       and ($1 = '' or belongs_to = $1 or id = $1 or strpos(lower(body -> 'billing_details' ->> 'email'), lower($1)) > 0)
     order by created desc, seq desc limit ${shownMax}`,
    [wanted],
  );
  return rows.map((row) => row.body);
}

/** @throws StripeApiError (404) when there is no such payment, or nobody has tried to pay it. */
export async function findPayment(db: Db, intentId: string): Promise<ShownPayment> {
  const intent = await getObject<IntentBody>(db, { type: 'payment_intent', id: intentId });
  const charge = await getObject<ChargeBody>(db, { type: 'charge', id: intent.latest_charge ?? '' });
  const { rows } = await db.query<{ body: StripeObject }>(
    `select body from stripe_sandbox.objects
     where belongs_to = $1 and type in ('checkout.session', 'refund', 'dispute') order by created, seq`,
    [intentId],
  );
  const ofType = <T>(type: string) =>
    rows.map(({ body }) => body).filter(({ object }) => object === type) as unknown as T[];
  const [session] = ofType<SessionBody>('checkout.session');
  const items = session ? await findLineItems(db, [session.id]) : [];
  return {
    intent,
    charge,
    session,
    items: items.map(({ body }) => body),
    refunds: ofType<RefundBody>('refund'),
    disputes: ofType<DisputeBody>('dispute'),
    events: await eventsOf(db, { intentId, sessionId: session?.id ?? '', since: intent.created }),
  };
}

async function eventsOf(
  db: Db,
  payment: { intentId: string; sessionId: string; since: number },
): Promise<ShownPayment['events']> {
  const { rows } = await db.query<{ body: EventBody; undelivered: boolean }>(
    `select o.body, exists (select from stripe_sandbox.deliveries d
                            where d.event_id = o.id and d.state <> 'delivered') as undelivered
     from stripe_sandbox.objects o
     where o.type = 'event' and o.created >= $3
       and (o.body #>> '{data,object,payment_intent}' = $1 or o.body #>> '{data,object,id}' in ($1, $2))
     order by o.created desc, o.seq desc limit ${shownMax}`,
    [payment.intentId, payment.sessionId, payment.since],
  );
  return rows.map(({ body, undelivered }) => ({ type: body.type, created: body.created, undelivered }));
}
