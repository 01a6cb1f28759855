import type { Plan } from '../../domain/plan.ts';
import type { FoundCheckout, FoundIntent, FoundMoney, KnownSale } from '../../ports/catchUp.ts';
import type { PurchaseNews, SettlementNews } from '../../ports/intakeStore.ts';
import { readPaidCheckout } from '../acceptCheckout.ts';
import { orderIdOf } from '../orderIdOf.ts';

export interface SaleRules {
  livemode: boolean;
  startDate: Date;
  /** The plan new purchases get. */
  plan: Plan;
  /** The plan of the past: recorded and owned, and nobody is mailed. */
  adoptPlan: Plan;
  settlePlan: Plan;
  slaSeconds: number;
  /** Of what is adopted: nobody waits for it. */
  adoptSlaSeconds: number;
}

/** A paid sale in a list, by the ids that doors know it by. */
export interface Sale {
  paymentKey: string;
  paymentIntentId: string | null;
  checkoutSessionId: string | null;
  paidAt: Date;
  money: FoundMoney | null;
  /** Whether it says what was sold: a session has lines, an intent may name them. */
  saysWhat: boolean;
}

/** The metadata in which a shop names what an intent without Checkout is for; see steps/readPurchase.ts. */
const linesKey = 'fulfillment_lines';

/** Undefined: nothing was sold, or it is not paid yet. */
export function saleOfCheckout(checkout: FoundCheckout, livemode: boolean): Sale | undefined {
  const found = readPaidCheckout(checkout, livemode);
  if (!found?.paid) return undefined;
  const { money, createdAt } = checkout;
  return { ...found, paidAt: money?.paidAt ?? createdAt, money, saysWhat: true };
}

/** Undefined: nothing has come in by it. */
export function saleOfIntent(intent: FoundIntent, livemode: boolean): Sale | undefined {
  const { paymentIntentId, money, status, amountReceived, createdAt, metadata } = intent;
  if (intent.livemode !== livemode || status !== 'succeeded' || amountReceived === 0) return undefined;
  return {
    paymentKey: paymentIntentId,
    paymentIntentId,
    checkoutSessionId: null,
    paidAt: money?.paidAt ?? createdAt,
    money,
    saysWhat: metadata[linesKey] !== undefined,
  };
}

export type SaleDecision =
  | { kind: 'known' }
  /** Of the past, and it does not say what was sold: whatever it was, it was not ours to deliver. */
  | { kind: 'left_out' }
  | {
      kind: 'fulfil' | 'adopt' | 'settle';
      purchase: PurchaseNews | null;
      settlement: SettlementNews | null;
    };

/** What is to be done with a sale. What was paid before the start date is adopted, never mailed. */
export function decideSale(sale: Sale, known: KnownSale | undefined, rules: SaleRules): SaleDecision {
  const isPast = sale.paidAt < rules.startDate;
  const settlement = moneyMoved(sale, known) ? settlementOf(sale, isPast, rules) : null;
  if (known?.hasJob) return settlement ? { kind: 'settle', purchase: null, settlement } : { kind: 'known' };
  if (isPast && !sale.saysWhat) return { kind: 'left_out' };
  const { paymentKey, paymentIntentId, checkoutSessionId } = sale;
  const purchase: PurchaseNews = {
    paymentKey,
    paymentIntentId,
    checkoutSessionId,
    paid: true,
    orderId: orderIdOf(paymentKey),
    livemode: rules.livemode,
    plan: isPast ? rules.adoptPlan : rules.plan,
    slaSeconds: isPast ? rules.adoptSlaSeconds : rules.slaSeconds,
    waitForSessionMs: 0,
    traceContext: null,
  };
  return { kind: isPast ? 'adopt' : 'fulfil', purchase, settlement };
}

/** Whether Stripe says of the money what we have not read. */
function moneyMoved({ money, paymentIntentId }: Sale, known: KnownSale | undefined): boolean {
  if (!money || paymentIntentId === null) return false;
  return money.refunded !== (known?.refunded ?? 0) || money.disputed !== (known?.disputed ?? false);
}

function settlementOf(sale: Sale, isPast: boolean, rules: SaleRules): SettlementNews | null {
  const { paymentIntentId, paymentKey } = sale;
  if (paymentIntentId === null) return null;
  return {
    kind: 'settlement',
    paymentKey,
    paymentIntentId,
    orderId: orderIdOf(paymentKey),
    livemode: rules.livemode,
    plan: rules.settlePlan,
    slaSeconds: isPast ? rules.adoptSlaSeconds : rules.slaSeconds,
    traceContext: null,
  };
}
