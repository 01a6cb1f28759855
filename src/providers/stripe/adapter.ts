import { Fault } from '../../domain/fault.ts';
import type { Payments } from '../../ports/payments.ts';
import { parseSecureUrl } from '../outbound.ts';
import type { Fetch } from '../outbound.ts';
import { createStripeClient, saysMissing, statusBehind } from './client.ts';
import type { Ask } from './client.ts';
import { stripeFault } from './faults.ts';
import { readMoney } from './money.ts';
import { required, toIntent, toPurchase } from './purchase.ts';
import {
  accountShape,
  anyPageShape,
  chargePageShape,
  checkoutIdsShape,
  checkoutShape,
  intentShape,
  lineItemPageShape,
} from './shapes.ts';
import type { CheckoutShape, LineItemShape } from './shapes.ts';

export interface StripePaymentsOptions {
  secretKey: string;
  /** Default: the version the SDK's types and our shapes were made for. */
  apiVersion?: string;
  /** Another origin than Stripe's, for a stand-in. http is allowed on loopback only. */
  baseUrl?: string;
  /** Total time of one operation, with all its pages. */
  timeoutMs: number;
  answerBytesMax?: number;
  fetch?: Fetch;
}

export interface StripeAccount {
  accountId: string;
  livemode: boolean;
  /** `yes`: a recent charge bears the number of a receipt that Stripe mailed. The setting itself is not in the API. */
  mailsReceipts: 'yes' | 'unknown';
}

export interface StripePayments extends Payments {
  /** Whose key this is; for checks by people. Needs the right to read charges to tell about receipts. */
  lookUpAccount(signal: AbortSignal): Promise<StripeAccount>;
}

/** More pages of lines than a session can have (Stripe allows 100 lines): the list would never end. */
const pagesMax = 20;

/** Payments read from Stripe's API. Every failure is a `Fault`; what does not exist is `undefined`. */
export function createStripePayments(options: StripePaymentsOptions): StripePayments {
  const client = createStripeClient({
    answerBytesMax: 8 * 1024 * 1024,
    ...options,
    baseUrl: parseSecureUrl(options.baseUrl ?? 'https://api.stripe.com', 'Stripe’s base URL'),
  });

  return {
    readCheckout: (sessionId, signal) =>
      client.within(signal, (ask) => ifThere(() => readSession(ask, sessionId))),

    findCheckoutOfIntent: (paymentIntentId, signal) =>
      client.within(signal, async (ask) => {
        const found = await ifThere(() =>
          ask(
            (stripe) => stripe.checkout.sessions.list({ payment_intent: paymentIntentId, limit: 1 }),
            checkoutIdsShape,
          ),
        );
        const session = found?.data[0];
        return session && ifThere(() => readSession(ask, session.id));
      }),

    readIntent: (paymentIntentId, signal) =>
      client.within(signal, async (ask) => {
        const intent = await ifThere(() =>
          ask(
            (stripe) => stripe.paymentIntents.retrieve(paymentIntentId, { expand: ['latest_charge'] }),
            intentShape,
          ),
        );
        return intent && toIntent(intent);
      }),

    readMoney: (paymentIntentId, signal) =>
      client.within(signal, (ask) => ifThere(() => readMoney(ask, paymentIntentId))),

    paysInvoice: (paymentIntentId, signal) =>
      client.within(signal, async (ask) => {
        const payment = { type: 'payment_intent', payment_intent: paymentIntentId };
        try {
          const page = await ask(
            (stripe) => stripe.invoicePayments.list({ payment, limit: 1 }),
            anyPageShape,
          );
          return page.data.length > 0;
        } catch (thrown) {
          // Accounts without invoicing, and old stand-ins, do not know the path.
          if (statusBehind(thrown) === 404 || saysMissing(thrown)) return false;
          throw thrown;
        }
      }),

    lookUpAccount: (signal) =>
      client.within(signal, async (ask) => {
        const account = await ask((stripe) => stripe.accounts.retrieveCurrent(), accountShape);
        return {
          accountId: account.id,
          livemode: /^[a-z]+_live_/.test(options.secretKey),
          mailsReceipts: await lookForMailedReceipts(ask),
        };
      }),
  };
}

async function ifThere<Result>(read: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await read();
  } catch (thrown) {
    if (saysMissing(thrown)) return undefined;
    throw thrown;
  }
}

async function readSession(ask: Ask, sessionId: string) {
  const session = await ask(
    (stripe) =>
      stripe.checkout.sessions.retrieve(sessionId, { expand: ['line_items', 'line_items.data.taxes'] }),
    checkoutShape,
  );
  return toPurchase(session, await readLines(ask, session));
}

/** The first page comes with the session (ten lines); the rest is paged. */
async function readLines(ask: Ask, session: CheckoutShape): Promise<LineItemShape[]> {
  // Sessions without a sale (mode `setup`) have no list at all.
  if (!session.line_items && session.mode === 'setup') return [];
  const first = required(session.line_items, 'line_items');
  const lines = [...first.data];
  let more = first.has_more;
  for (let page = 0; more; page += 1) {
    const last = lines.at(-1);
    if (!last || page >= pagesMax) throw new Fault(stripeFault({ kind: 'shape', at: 'line_items.has_more' }));
    const next = await ask(
      (stripe) =>
        stripe.checkout.sessions.listLineItems(session.id, {
          limit: 100,
          starting_after: last.id,
          expand: ['data.taxes'],
        }),
      lineItemPageShape,
    );
    if (next.has_more && next.data.length === 0) {
      throw new Fault(stripeFault({ kind: 'shape', at: 'line_items.has_more' }));
    }
    lines.push(...next.data);
    more = next.has_more;
  }
  return lines;
}

/** `receipt_number` is null until Stripe has mailed a receipt for the charge (API reference, Charge object). */
async function lookForMailedReceipts(ask: Ask): Promise<'yes' | 'unknown'> {
  try {
    const charges = await ask((stripe) => stripe.charges.list({ limit: 20 }), chargePageShape);
    return charges.data.some((charge) => charge.receipt_number) ? 'yes' : 'unknown';
  } catch (thrown) {
    if (statusBehind(thrown) === 403) return 'unknown';
    throw thrown;
  }
}
