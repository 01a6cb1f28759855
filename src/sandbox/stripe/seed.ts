import type { Pool } from 'pg';
import { resolveCart } from './cart.ts';
import type { Cart } from './cart.ts';
import { newDispute } from './objects/dispute.ts';
import { newId } from './objects/ids.ts';
import { priceLines } from './objects/lineItems.ts';
import { chargeAfter, newRefund } from './objects/refund.ts';
import { openSession } from './objects/session.ts';
import type { ChargeBody, EventBody, PaymentMethod } from './objects/shapes.ts';
import { transact, writeObjects } from './objectStore.ts';
import type { NewObject } from './objectStore.ts';
import { submitSession } from './purchase.ts';
import { eventRows } from './recorder.ts';

export interface PastSales {
  count: number;
  /** Unix seconds between which the sales are spread evenly, both included. */
  from: number;
  to: number;
  /** What each sale is of, in turn. */
  priceIds: readonly string[];
  /** Buyers are `<buyer>1@example.com`, `<buyer>2@…`, and so on. */
  buyer: string;
  method: Exclude<PaymentMethod, 'free'>;
  /** Shares from 0 to 1 that were refunded in full, and disputed and lost, some time later. */
  refundedShare: number;
  disputedShare: number;
  /** Whether the events are kept as well; their webhooks have long been delivered. */
  events: boolean;
}

export interface Seeded {
  count: number;
  refunded: number;
  disputed: number;
  firstSession: string | null;
  lastSession: string | null;
}

interface Sale {
  sessionId: string;
  objects: NewObject[];
}

const salesPerStatement = 250;

/** Writes sales of the past in one transaction, without any webhook. */
export async function seedPastSales(pool: Pool, sales: PastSales): Promise<Seeded> {
  return transact(pool, async (db) => {
    const carts: Cart[] = [];
    for (const price of sales.priceIds)
      carts.push(await resolveCart(db, [{ price, quantity: 1 }], sales.from));
    const ids: string[] = [];
    for (let start = 0; start < sales.count; start += salesPerStatement) {
      const places = Array.from(
        { length: Math.min(salesPerStatement, sales.count - start) },
        (_, i) => start + i,
      );
      const made = places.map((place) => pastSale(sales, carts[place % carts.length] as Cart, place));
      await writeObjects(
        db,
        made.flatMap(({ objects }) => objects),
      );
      ids.push(...made.map(({ sessionId }) => sessionId));
    }
    const places = [...ids.keys()];
    return {
      count: ids.length,
      refunded: places.filter((place) => fateOf(sales, place) === 'refunded').length,
      disputed: places.filter((place) => fateOf(sales, place) === 'disputed').length,
      firstSession: ids[0] ?? null,
      lastSession: ids.at(-1) ?? null,
    };
  });
}

function pastSale(sales: PastSales, cart: Cart, place: number): Sale {
  const created = sales.from + Math.round(((sales.to - sales.from) * place) / Math.max(1, sales.count - 1));
  const id = newId('cs');
  const priced = priceLines(
    cart.lines.map((line) => ({ ...line, id: newId('li') })),
    null,
  );
  const session = openSession({
    id,
    created,
    url: '',
    currency: cart.currency,
    priced,
    request: { successUrl: null },
  });
  const { objects, events } = submitSession({
    session,
    buyer: {
      email: `${sales.buyer}${place + 1}@example.com`,
      name: `Buyer ${place + 1}`,
      businessName: null,
      individualName: null,
      address: null,
      taxIds: [],
    },
    method: sales.method,
    created,
    intentData: {},
  });
  const items = priced.items.map((body) => ({ body, created, belongsTo: id }));
  return {
    sessionId: id,
    objects: [...items, ...afterwards(sales, objects, place), ...eventsOf(sales, events)],
  };
}

/** The same objects with what became of the money later. */
function afterwards(sales: PastSales, objects: NewObject[], place: number): NewObject[] {
  const fate = fateOf(sales, place);
  if (fate === 'kept') return objects;
  const refunded = fate === 'refunded';
  const row = objects.find(({ body }) => body.object === 'charge');
  if (!row) return objects;
  const charge = row.body as unknown as ChargeBody;
  const later = { amountMinor: charge.amount, created: charge.created + 3600 };
  const back = refunded
    ? newRefund(charge, { ...later, status: 'succeeded' })
    : newDispute(charge, { ...later, reason: 'fraudulent', status: 'lost' });
  const changed = refunded
    ? chargeAfter(charge, charge.amount, { from: null, to: 'succeeded' })
    : { ...charge, disputed: true };
  return [
    ...objects.filter((other) => other !== row),
    { ...row, body: changed },
    { body: back, created: later.created, belongsTo: charge.payment_intent },
  ];
}

function eventsOf(sales: PastSales, events: readonly EventBody[]): NewObject[] {
  return sales.events ? eventRows(events) : [];
}

/** What became of a sale's money: an even share of all is taken back, and an even share of those refunded. */
function fateOf(sales: PastSales, place: number): 'kept' | 'refunded' | 'disputed' {
  // In millionths, so that shares of round numbers are round numbers.
  const refunded = Math.round(sales.refundedShare * 1_000_000);
  const taken = refunded + Math.round(sales.disputedShare * 1_000_000);
  if (!isOneOf(taken, 1_000_000, place)) return 'kept';
  return isOneOf(refunded, taken, Math.floor((place * taken) / 1_000_000)) ? 'refunded' : 'disputed';
}

/** Whether this place is one of an even share, so many out of so many. */
function isOneOf(some: number, all: number, place: number): boolean {
  return Math.floor(((place + 1) * some) / all) > Math.floor((place * some) / all);
}
