import { createHash } from 'node:crypto';
import { orderIdFrom } from '../domain/orderId.ts';

/**
 * The order id of a payment: always the same one. A database that was restored from a backup and hears of a payment
 * again gives it the id that stands in the buyer's mail, and with it the Message-ID by which that mail is found.
 */
export const orderIdOf = (paymentKey: string): string =>
  orderIdFrom(createHash('sha256').update(`order of ${paymentKey}`).digest());
