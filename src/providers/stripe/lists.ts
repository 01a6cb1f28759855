import { z } from 'zod';
import { Fault } from '../../domain/fault.ts';
import { neededEventTypes } from '../../domain/stripeEventTypes.ts';
import type { FoundCheckout, FoundIntent, FoundMoney, Page, PaymentLists } from '../../ports/catchUp.ts';
import { parseSecureUrl } from '../outbound.ts';
import type { StripePaymentsOptions } from './adapter.ts';
import { createStripeClient, statusBehind } from './client.ts';
import { stripeFault } from './faults.ts';
import { required } from './purchase.ts';
import {
  checkoutPageShape,
  endpointPageShape,
  eventPageShape,
  type FoundCheckoutShape,
  type FoundIntentShape,
  foundEventShape,
  intentPageShape,
} from './listShapes.ts';

export interface StripeListsOptions extends StripePaymentsOptions {
  /** Objects of a page; Stripe's most unless told. */
  pageSize?: number;
}

/** Lists of Stripe's API. Every failure is a `Fault`. */
export function createStripeLists(options: StripeListsOptions): PaymentLists {
  const limit = options.pageSize ?? 100;
  const client = createStripeClient({
    answerBytesMax: 32 * 1024 * 1024,
    ...options,
    baseUrl: parseSecureUrl(options.baseUrl ?? 'https://api.stripe.com', 'Stripe’s base URL'),
  });

  return {
    events: ({ createdFrom, createdBefore, undelivered, after }, signal) =>
      client.within(signal, async (ask) => {
        const page = await ask(
          (stripe) =>
            stripe.events.list({
              limit,
              types: [...neededEventTypes],
              created: {
                gte: seconds(createdFrom),
                ...(createdBefore && { lt: seconds(createdBefore) }),
              },
              ...(undelivered && { delivery_success: false }),
              ...(after !== undefined && { starting_after: after }),
            }),
          eventPageShape,
        );
        return pageOf(page, (raw) => {
          const { id, created } = foundEventShape.parse(raw);
          return { id, createdAt: new Date(created * 1000), body: Buffer.from(JSON.stringify(raw)) };
        });
      }),

    checkouts: ({ createdFrom, createdTo, after }, signal) =>
      client.within(signal, async (ask) => {
        const page = await ask(
          (stripe) =>
            stripe.checkout.sessions.list({
              limit,
              status: 'complete',
              created: { gte: seconds(createdFrom), lte: seconds(createdTo) },
              expand: ['data.payment_intent.latest_charge'],
              ...(after !== undefined && { starting_after: after }),
            }),
          checkoutPageShape,
        );
        return pageOf(page, toCheckout);
      }),

    intents: ({ createdFrom, createdTo, after }, signal) =>
      client.within(signal, async (ask) => {
        const page = await ask(
          (stripe) =>
            stripe.paymentIntents.list({
              limit,
              created: { gte: seconds(createdFrom), lte: seconds(createdTo) },
              expand: ['data.latest_charge'],
              ...(after !== undefined && { starting_after: after }),
            }),
          intentPageShape,
        );
        return pageOf(page, toIntent);
      }),

    endpoints: (signal) =>
      client.within(signal, async (ask) => {
        try {
          const { data } = await ask(
            (stripe) => stripe.webhookEndpoints.list({ limit: 100 }),
            endpointPageShape,
          );
          return data.map((raw) => ({
            url: raw.url,
            enabled: raw.status === 'enabled',
            livemode: raw.livemode,
            apiVersion: raw.api_version ?? null,
            enabledEvents: raw.enabled_events,
          }));
        } catch (thrown) {
          if (statusBehind(thrown) === 403) return undefined;
          throw thrown;
        }
      }),
  };
}

const seconds = (moment: Date) => Math.max(0, Math.floor(moment.getTime() / 1000));

/** A list that goes on after nothing would never end. */
function pageOf<Raw, Item>(
  { data, has_more: more }: { data: Raw[]; has_more: boolean },
  itemOf: (raw: Raw) => Item,
): Page<Item> {
  const last = z.object({ id: z.string() }).safeParse(data.at(-1)).data;
  if (more && !last) throw new Fault(stripeFault({ kind: 'shape', at: 'has_more' }));
  return { items: data.map(itemOf), next: more && last ? last.id : null };
}

function toCheckout(session: FoundCheckoutShape): FoundCheckout {
  const { payment_intent: intent } = session;
  return {
    sessionId: session.id,
    paymentIntentId: typeof intent === 'string' ? intent : (intent?.id ?? null),
    livemode: session.livemode,
    mode: session.mode,
    status: session.status,
    paymentStatus: session.payment_status,
    // What is to be paid for has a sum: where there is none, nothing is guessed.
    total: session.mode === 'payment' ? required(session.amount_total, 'amount_total') : 0,
    createdAt: new Date(session.created * 1000),
    money: intent && typeof intent !== 'string' ? moneyOf(intent.latest_charge) : null,
  };
}

const toIntent = (intent: FoundIntentShape): FoundIntent => ({
  paymentIntentId: intent.id,
  livemode: intent.livemode,
  status: intent.status,
  amountReceived: intent.amount_received,
  metadata: intent.metadata ?? {},
  createdAt: new Date(intent.created * 1000),
  money: moneyOf(intent.latest_charge),
});

const moneyOf = (charge: FoundIntentShape['latest_charge']): FoundMoney | null =>
  charge
    ? { paidAt: new Date(charge.created * 1000), refunded: charge.amount_refunded, disputed: charge.disputed }
    : null;
