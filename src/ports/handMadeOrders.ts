import type { Format } from '../domain/effectKey.ts';
import type { Order } from '../domain/order.ts';
import type { Plan } from '../domain/plan.ts';
import type { JsonObject } from './step.ts';
import type { Transaction } from './transaction.ts';

/** A product as it can be given. */
export interface GivenProduct {
  productId: string;
  title: string;
  version: string;
  formats: Format[];
  /** Of one of its prices; null when it has none. */
  currency: string | null;
}

export interface PaymentWithJob {
  paymentId: string;
  orderId: string;
  paid: boolean;
  /** Its fulfilment. */
  job: { jobId: string; state: string } | null;
}

export interface NewOrderJob {
  paymentId: string;
  plan: Plan;
  /** Null: its first step resolves it. */
  order: Order | null;
  slaSeconds: number;
  actor: string;
}

/** Orders that staff makes: given, or adopted from the past. All in the transaction of an operation. */
export interface HandMadeOrders {
  findProduct(tx: Transaction, productId: string): Promise<GivenProduct | undefined>;
  /**
   * Locks a buyer's profile, which is made where there is none, and tells whether they own the product already or are
   * about to get it from an order of staff.
   */
  lockBuyer(
    tx: Transaction,
    buyer: { canonicalEmail: string; email: string; name: string | null; language: string },
    productId: string,
  ): Promise<{ owns: boolean }>;
  /** The payment of nothing that a gift has. */
  addGift(
    tx: Transaction,
    gift: { paymentKey: string; orderId: string; livemode: boolean; currency: string },
  ): Promise<{ paymentId: string; paidAt: Date }>;
  /** Locks a payment that is known by this key, or by this Checkout Session. */
  lockPayment(tx: Transaction, key: string): Promise<PaymentWithJob | undefined>;
  /**
   * A payment that was made in the past; not paid until that is confirmed. Undefined: somebody else has just added it.
   */
  addPast(
    tx: Transaction,
    payment: { paymentIntentId: string; orderId: string; livemode: boolean },
  ): Promise<string | undefined>;
  /** Stripe has said that it is paid, and what went back of it (null: nothing). The payment is locked. */
  confirmPast(tx: Transaction, sale: { paymentId: string; facts: JsonObject | null }): Promise<void>;
  /** The payment's settlement, due at once; one that is there is opened again. */
  addSettlement(tx: Transaction, job: Omit<NewOrderJob, 'order'>): Promise<void>;
  /** The payment's fulfilment, due at once. @returns its id */
  addJob(tx: Transaction, job: NewOrderJob): Promise<string>;
}
