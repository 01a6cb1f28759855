import { parseEmailAddress } from '../domain/emailAddress.ts';
import {
  type Buyer,
  chooseLanguage,
  crossCheck,
  type Language,
  type Order,
  type OrderLine,
} from '../domain/order.ts';
import { printableText } from '../domain/printableText.ts';
import { defaultRetryPolicy } from '../domain/retryPolicy.ts';
import type { CatalogStore, PaymentStore, PricedProduct } from '../ports/orders.ts';
import type { Payments, PurchaseLine } from '../ports/payments.ts';
import type { JobView, JsonObject, ReadStep, StepOutcome } from '../ports/step.ts';
import { type Purchase, readPurchase } from './readPurchase.ts';
import { paymentOf } from './orderOf.ts';

export interface ResolveOrderOptions {
  payments: Payments;
  paymentStore: PaymentStore;
  catalog: CatalogStore;
  defaultLanguage: Language;
  /** How long Stripe's API may lag behind its own webhook, and an intent may wait for its session. */
  patienceMs: number;
}

/**
 * The canonical order, from Stripe's API and the catalogue. Never from the webhook's body, and never guessed: what
 * does not match is shown to a human.
 */
export function createResolveOrder(options: ResolveOrderOptions): ReadStep {
  const { payments, paymentStore, catalog } = options;

  return {
    kind: 'read',
    name: 'resolve_order',
    version: 1,
    provider: 'stripe',
    timeoutMs: 30_000,
    retry: defaultRetryPolicy,

    async run(job, { signal, now }): Promise<StepOutcome> {
      if (paymentOf(job).erased) return { kind: 'cancel_job', reason: 'buyer_forgotten' };
      const known = await paymentStore.read(paymentOf(job).id);
      const found = await readPurchase(known, payments, signal);
      if (found.kind === 'not_ours') return { kind: 'cancel_job', reason: found.reason };
      if (found.kind === 'not_yet') {
        const patient = now.getTime() - job.acceptedAt.getTime() < options.patienceMs;
        return patient
          ? { kind: 'wait', afterMs: Math.min(2_000, options.patienceMs), reason: found.reason }
          : { kind: 'block', reason: found.reason, detail: found.detail };
      }
      return toOrder(job, withAddress(found.purchase, known.correctedEmail));
    },

    record: (tx, rows) =>
      paymentStore.recordFacts(
        tx,
        rows.map(({ job, output, order }) => ({
          paymentId: paymentOf(job).id,
          email: (order as Order).buyer.email,
          paidAt: new Date((order as Order).paidAt),
          currency: (order as Order).currency,
          amount: (order as Order).total,
          checkoutSessionId: typeof output.checkout_session === 'string' ? output.checkout_session : null,
        })),
      ),
  };

  async function toOrder(job: JobView, purchase: Purchase): Promise<StepOutcome> {
    const email = purchase.buyer.email === null ? undefined : parseEmailAddress(purchase.buyer.email);
    if (!email) {
      return purchase.buyer.email === null
        ? { kind: 'block', reason: 'no_email', detail: 'Stripe has no e-mail address for this payment.' }
        : {
            kind: 'block',
            reason: 'unusable_email',
            detail: 'The e-mail address that Stripe has is not one we can send to.',
          };
    }
    if (purchase.lines.length > linesMax || purchase.lines.some((line) => line.quantity > quantityMax)) {
      const detail = `An order has at most ${linesMax} lines of at most ${quantityMax} copies.`;
      return { kind: 'block', reason: 'order_too_large', detail };
    }
    const priceIds = purchase.lines.flatMap((line) => line.priceId ?? []);
    const products = new Map(
      (await catalog.findByPrices(priceIds)).map((product) => [product.priceId, product]),
    );
    const lines = orderLines(purchase, products);
    if ('kind' in lines) return lines;
    const order: Order = {
      orderId: paymentOf(job).orderId,
      paymentKey: paymentOf(job).key,
      livemode: purchase.livemode,
      currency: purchase.currency,
      buyer: buyerOf(purchase, email.original, options.defaultLanguage),
      lines,
      ...totalsOf(purchase, lines),
      paidAt: purchase.paidAt.toISOString(),
    };
    const mismatch = crossCheck(order, purchase.received);
    if (mismatch) return { kind: 'block', reason: mismatch.reason, detail: mismatch.detail };
    return {
      kind: 'done',
      order: order as unknown as JsonObject,
      output: {
        checkout_session: purchase.checkoutSessionId,
        lines: lines.length,
        judged_by: purchase.judgedBy,
      },
    };
  }
}

/** What somebody has corrected counts, whatever Stripe says. */
const withAddress = (purchase: Purchase, corrected: string | null): Purchase =>
  corrected === null ? purchase : { ...purchase, buyer: { ...purchase.buyer, email: corrected } };

/** An intent without a session brings quantities only; its prices are the catalogue's, and the sum must be what was paid. */
const pricedByCatalogue = (purchase: Purchase) => purchase.judgedBy === 'payment_intent';

function orderLines(
  purchase: Purchase,
  products: ReadonlyMap<string, PricedProduct>,
): OrderLine[] | Extract<StepOutcome, { kind: 'block' }> {
  const lines: OrderLine[] = [];
  for (const [index, line] of purchase.lines.entries()) {
    const lineNo = index + 1;
    const product = line.priceId === null ? undefined : products.get(line.priceId);
    if (!product) {
      const detail = `Line ${lineNo}: price ${line.priceId ?? 'without id'} is not in the catalogue.`;
      return { kind: 'block', reason: 'unknown_product', detail };
    }
    if (product.formats.length === 0) {
      const detail = `Line ${lineNo}: the catalogue has no files for ${product.productId} ${product.version}.`;
      return { kind: 'block', reason: 'unknown_product', detail };
    }
    const wrong = priceDiffers(line, product, purchase);
    if (wrong) {
      return {
        kind: 'block',
        reason: wrong,
        detail: `Line ${lineNo}: price ${product.priceId} is not what the catalogue says.`,
      };
    }
    const listed = product.unitAmount * line.quantity;
    const amounts = pricedByCatalogue(purchase)
      ? { subtotal: listed, discount: 0, tax: 0, taxPercent: null, total: listed }
      : {
          subtotal: line.subtotal,
          discount: line.discount,
          tax: line.tax,
          taxPercent: line.taxPercent,
          total: line.total,
        };
    lines.push({
      lineNo,
      productId: product.productId,
      productVersion: product.version,
      formats: product.formats,
      title: product.title,
      quantity: line.quantity,
      unitAmount: line.unitAmount ?? product.unitAmount,
      ...amounts,
    });
  }
  return lines.length
    ? lines
    : { kind: 'block', reason: 'unknown_product', detail: 'The purchase has no lines.' };
}

function totalsOf(
  purchase: Purchase,
  lines: OrderLine[],
): Pick<Order, 'subtotal' | 'discount' | 'tax' | 'total'> {
  if (!pricedByCatalogue(purchase)) {
    const { subtotal, discount, tax, total } = purchase;
    return { subtotal, discount, tax, total };
  }
  const total = lines.reduce((sum, line) => sum + line.total, 0);
  return { subtotal: total, discount: 0, tax: 0, total };
}

/** Stripe's own limit of lines in a session, and more copies of an ebook than anybody means to buy. */
const linesMax = 100;
const quantityMax = 1_000;

const textMax = 300;

/** Buyers' texts are kept as printable text: no control characters, nothing Postgres would refuse, bounded length. */
function buyerOf(purchase: Purchase, email: string, fallback: Language): Buyer {
  const { buyer } = purchase;
  const text = (value: string | null) => (value === null ? null : printableText(value, textMax) || null);
  const address = buyer.address && {
    line1: text(buyer.address.line1),
    line2: text(buyer.address.line2),
    city: text(buyer.address.city),
    postalCode: text(buyer.address.postalCode),
    state: text(buyer.address.state),
    country: text(buyer.address.country),
  };
  return {
    email,
    name: text(buyer.name),
    company: text(buyer.company),
    taxIds: buyer.taxIds.map(({ type, value }) => ({
      type: printableText(type, 40),
      value: printableText(value, 60),
    })),
    address,
    language: chooseLanguage(buyer.locale, buyer.address?.country ?? null, fallback),
  };
}

function priceDiffers(
  line: PurchaseLine,
  product: PricedProduct,
  purchase: Purchase,
): 'currency_mismatch' | 'amount_mismatch' | undefined {
  if (product.currency !== purchase.currency) return 'currency_mismatch';
  if (pricedByCatalogue(purchase)) return undefined;
  // Where buyers or tiers make the price, Stripe tells no unit amount; then the line's sum must be the catalogue's.
  const agrees =
    line.unitAmount === null
      ? line.subtotal === product.unitAmount * line.quantity
      : line.unitAmount === product.unitAmount;
  return agrees ? undefined : 'amount_mismatch';
}
