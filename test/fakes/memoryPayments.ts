import type {
  CheckoutPurchase,
  PaymentIntent,
  PaymentMoney,
  Payments,
  ProviderRefund,
  PurchaseLine,
} from '../../src/ports/payments.ts';
import { createFaultScript } from './faultScript.ts';
import type { FaultScript } from './faultScript.ts';

export interface MemoryPayments extends Payments, Pick<FaultScript, 'fail' | 'failAlways'> {
  addCheckout(checkout: CheckoutPurchase): void;
  addIntent(intent: PaymentIntent): void;
  /** Refunds and disputes of an intent, from now on; what is not named stays as it was. */
  setMoney(paymentIntentId: string, money: Partial<Pick<PaymentMoney, 'refunds' | 'disputes'>>): void;
  /** From now on this intent pays an invoice. */
  invoice(paymentIntentId: string): void;
  /** What was asked, for example `readCheckout cs_1`. */
  readonly calls: string[];
}

/** Payments in memory. Objects added later replace earlier ones of the same id. */
export function createMemoryPayments(): MemoryPayments {
  const script = createFaultScript();
  const checkouts = new Map<string, CheckoutPurchase>();
  const intents = new Map<string, PaymentIntent>();
  const invoiced = new Set<string>();
  const money = new Map<string, Pick<PaymentMoney, 'refunds' | 'disputes'>>();
  const moneyOf = (id: string) => money.get(id) ?? { refunds: [], disputes: [] };
  const calls: string[] = [];

  const asked = (call: string) => {
    calls.push(call);
    script.check();
  };

  return {
    calls,
    fail: script.fail,
    failAlways: script.failAlways,
    addCheckout: (checkout) => void checkouts.set(checkout.sessionId, checkout),
    addIntent: (intent) => void intents.set(intent.paymentIntentId, intent),
    setMoney: (id, changed) => void money.set(id, { ...moneyOf(id), ...changed }),
    invoice: (paymentIntentId) => void invoiced.add(paymentIntentId),
    readCheckout: async (sessionId) => {
      asked(`readCheckout ${sessionId}`);
      return structuredClone(checkouts.get(sessionId));
    },
    findCheckoutOfIntent: async (paymentIntentId) => {
      asked(`findCheckoutOfIntent ${paymentIntentId}`);
      return structuredClone([...checkouts.values()].find((one) => one.paymentIntentId === paymentIntentId));
    },
    readIntent: async (paymentIntentId) => {
      asked(`readIntent ${paymentIntentId}`);
      return structuredClone(intents.get(paymentIntentId));
    },
    paysInvoice: async (paymentIntentId) => {
      asked(`paysInvoice ${paymentIntentId}`);
      return invoiced.has(paymentIntentId);
    },
    readMoney: async (paymentIntentId) => {
      asked(`readMoney ${paymentIntentId}`);
      const intent = intents.get(paymentIntentId);
      if (!intent) return undefined;
      const { currency, amountReceived: received } = intent;
      return structuredClone({ currency, received, ...moneyOf(paymentIntentId) });
    },
  };
}

export const buyer = {
  email: 'jan@example.pl',
  name: 'Jan Kowalski',
  company: null,
  taxIds: [],
  address: null,
  locale: 'pl',
};

/** One book for 49.00 PLN with 5 % VAT included. */
export const aPurchaseLine = (fields: Partial<PurchaseLine> = {}): PurchaseLine => ({
  priceId: 'price_1',
  providerProductId: 'prod_1',
  description: 'A book',
  quantity: 1,
  unitAmount: 4900,
  subtotal: 4900,
  discount: 0,
  tax: 233,
  taxPercent: 5,
  total: 4900,
  ...fields,
});

/** A paid checkout; its totals are the sums of its lines. */
export function aCheckout(fields: Partial<CheckoutPurchase> = {}): CheckoutPurchase {
  const lines = fields.lines ?? [aPurchaseLine()];
  const sum = (of: (line: PurchaseLine) => number) => lines.reduce((total, line) => total + of(line), 0);
  return {
    sessionId: 'cs_test_1',
    paymentIntentId: 'pi_1',
    livemode: false,
    mode: 'payment',
    status: 'complete',
    paymentStatus: 'paid',
    currency: 'pln',
    subtotal: sum((line) => line.subtotal),
    discount: sum((line) => line.discount),
    tax: sum((line) => line.tax),
    shipping: 0,
    total: sum((line) => line.total),
    buyer,
    lines,
    createdAt: new Date('2026-11-22T10:00:00Z'),
    ...fields,
  };
}

/** An intent that has succeeded. */
export const anIntent = (fields: Partial<PaymentIntent> = {}): PaymentIntent => ({
  paymentIntentId: 'pi_1',
  livemode: false,
  status: 'succeeded',
  currency: 'pln',
  amountReceived: 4900,
  metadata: {},
  buyer: { ...buyer, locale: null },
  createdAt: new Date('2026-11-22T10:00:00Z'),
  paidAt: new Date('2026-11-22T10:00:01Z'),
  ...fields,
});

/** A refund of one book that has succeeded. */
export const aRefund = (fields: Partial<ProviderRefund> = {}): ProviderRefund => ({
  refundId: 're_1',
  amount: 4900,
  status: 'succeeded',
  metadata: {},
  createdAt: new Date('2026-11-23T10:00:00Z'),
  ...fields,
});
