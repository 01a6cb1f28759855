import { z } from 'zod';
import type { ShopUnderTest } from './stack.ts';

export const books = ['the-calm-checkout', 'paragon-bez-tajemnic', 'queues-for-shopkeepers'] as const;
const currencies = ['pln', 'eur', 'usd', 'jpy', 'kwd'] as const;

export interface Order {
  email: string;
  name: string;
  products: string[];
  currency: string;
  locale: string;
}

export interface Purchase extends Order {
  /** The Checkout Session's id, as the shop's page after the checkout has it. */
  sessionId?: string;
  /** The PaymentIntent's id. */
  paymentKey: string;
  eventIds: string[];
  /** Just before the buyer paid, in milliseconds since 1970. */
  paidAtMs: number;
}

/** What buyer number `index` buys: one to three books, in one of five currencies. */
export function orderOf(index: number, group = 'buyer'): Order {
  const count = 1 + (index % 3);
  return {
    email: `${group}-${index}@readers.example`,
    name: `Reader ${index}`,
    products: Array.from({ length: count }, (_, line) => books[(index + line) % 3] ?? books[0]),
    currency: currencies[index % 5] ?? 'pln',
    locale: index % 2 === 0 ? 'en' : 'pl',
  };
}

const purchaseAnswer = z.object({
  session: z.object({ id: z.string() }),
  payment_intent: z.object({ id: z.string() }),
  events: z.array(z.string()),
});

/** Pays for an order at the Stripe stand-in. */
export async function buy(
  stack: ShopUnderTest,
  order: Order,
  webhook: { copies?: number; shuffle?: boolean; delayMs?: number } = {},
): Promise<Purchase> {
  const paidAtMs = Date.now();
  const answer = await send(`${stack.places.urls.stripe}/sandbox/purchases`, 'POST', { ...order, webhook });
  const { session, payment_intent: intent, events } = purchaseAnswer.parse(answer);
  return { ...order, sessionId: session.id, paymentKey: intent.id, eventIds: events, paidAtMs };
}

/** Many purchases whose webhooks all leave at once, each of them twice and in random order among its siblings. */
export async function buyInBurst(stack: ShopUnderTest, orders: Order[]): Promise<Purchase[]> {
  await stripeFaults(stack, { webhooks: { paused: true } });
  const purchases: Purchase[] = [];
  const left = [...orders];
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let order = left.shift(); order; order = left.shift()) {
        purchases.push(await buy(stack, order, { copies: 2, shuffle: true }));
      }
    }),
  );
  await stripeFaults(stack, {});
  return purchases;
}

export const stripeFaults = (stack: ShopUnderTest, faults: object) =>
  send(`${stack.places.urls.stripe}/sandbox/faults`, 'PUT', faults);

/** The shop gives everything back, in Stripe's dashboard. */
export const refund = (stack: ShopUnderTest, { paymentKey }: Pick<Purchase, 'paymentKey'>) =>
  send(`${stack.places.urls.stripe}/sandbox/refunds`, 'POST', { payment_intent: paymentKey });

export const smtpFault = (stack: ShopUnderTest, fault: object) =>
  send(`${stack.places.urls.inbox}/api/faults`, 'PUT', fault);

export const analyticsFault = (stack: ShopUnderTest, fault: object) =>
  send(`${stack.places.urls.analytics}/sandbox/faults`, 'PUT', fault);

/** An access token of a buyer with a verified address. */
export async function accessToken(stack: ShopUnderTest, email: string): Promise<string> {
  const answer = await send(new URL('/sandbox/token', stack.places.urls.identity).href, 'POST', { email });
  return z.object({ access_token: z.string() }).parse(answer).access_token;
}

export async function send(url: string, method: 'POST' | 'PUT', body: object): Promise<unknown> {
  const answer = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text.slice(0, 300)}`);
  return JSON.parse(text);
}

/** Reads JSON and checks its shape. */
export async function read<T>(url: string, schema: z.ZodType<T>): Promise<T> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}.`);
  return schema.parse(await answer.json());
}
