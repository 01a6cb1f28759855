import type { EventOrigin } from './events.ts';
import { newEvent } from './events.ts';
import { newId } from './ids.ts';
import type { ChargeBody, EventBody, RefundBody, RefundStatus } from './shapes.ts';

/** Statuses in which the money is on its way back, or is back. */
const standing: readonly RefundStatus[] = ['pending', 'requires_action', 'succeeded'];

export interface RefundRequest {
  amountMinor: number;
  created: number;
  metadata?: Record<string, string>;
  reason?: string;
  status: RefundStatus;
}

/** A refund of a charge. Refunds of cards are `re_…`, all others `pyr_…`, as in Stripe. */
export function newRefund(charge: ChargeBody, request: RefundRequest): RefundBody {
  const card = isCard(charge);
  const refund: RefundBody = {
    id: newId(card ? 're' : 'pyr'),
    object: 'refund',
    amount: request.amountMinor,
    balance_transaction: null,
    charge: charge.id,
    created: request.created,
    currency: charge.currency,
    customer: null,
    customer_account: null,
    destination_details: card
      ? {
          card: { reference_status: 'pending', reference_type: 'acquirer_reference_number', type: 'refund' },
          type: 'card',
        }
      : bankDetails(methodOf(charge)),
    metadata: request.metadata ?? {},
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: request.reason ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: 'pending',
    transfer_reversal: null,
  };
  return withStatus(refund, request.status);
}

/** The refund after the bank has spoken. */
export function withStatus(refund: RefundBody, status: RefundStatus, failureReason = 'unknown'): RefundBody {
  const {
    failure_reason: _reason,
    failure_balance_transaction: _back,
    pending_reason: _pending,
    ...plain
  } = refund;
  const booked = { ...plain, balance_transaction: refund.balance_transaction ?? newId('txn'), status };
  if (status === 'pending') return { ...booked, pending_reason: 'processing' };
  if (status === 'failed')
    return { ...booked, failure_balance_transaction: newId('txn'), failure_reason: failureReason };
  if (status === 'canceled')
    return { ...booked, failure_balance_transaction: newId('txn'), failure_reason: 'merchant_request' };
  return booked;
}

/** The charge after one of its refunds has changed from one status to another; null is a refund that was not there. */
export function chargeAfter(
  charge: ChargeBody,
  amountMinor: number,
  change: { from: RefundStatus | null; to: RefundStatus },
): ChargeBody {
  const stood = change.from !== null && standing.includes(change.from);
  const stands = standing.includes(change.to);
  const refunded = charge.amount_refunded + (Number(stands) - Number(stood)) * amountMinor;
  return { ...charge, amount_refunded: refunded, refunded: refunded === charge.amount };
}

/** The events of a new refund. While the bank still thinks about it, the charge does not count as refunded. */
export function createdEvents(
  refund: RefundBody,
  charge: { before: ChargeBody; after: ChargeBody },
  occasion: { created: number; origin?: EventOrigin },
): EventBody[] {
  const { before, after } = charge;
  const previous = { amount_refunded: before.amount_refunded, ...(after.refunded && { refunded: false }) };
  const created = newEvent('refund.created', refund, occasion);
  if (refund.status === 'succeeded') {
    return [newEvent('charge.refunded', after, { ...occasion, previous }), created];
  }
  return refund.status === 'failed' ? [created, ...updatedEvents(refund, {}, occasion)] : [created];
}

/** The events of a refund that has changed. */
export function updatedEvents(
  refund: RefundBody,
  previous: object,
  occasion: { created: number; origin?: EventOrigin },
): EventBody[] {
  const updated = { ...occasion, previous };
  return [
    ...(refund.status === 'failed' ? [newEvent('refund.failed', refund, occasion)] : []),
    newEvent('charge.refund.updated', refund, updated),
    newEvent('refund.updated', refund, updated),
  ];
}

/** Whether a card paid the charge. */
export function isCard(charge: ChargeBody): boolean {
  return methodOf(charge) === 'card';
}

function methodOf(charge: ChargeBody): string {
  return (charge.payment_method_details as { type: string }).type;
}

function bankDetails(method: string): NonNullable<RefundBody['destination_details']> {
  if (method === 'sepa_debit') return { type: 'sepa_debit' };
  return { [method]: { reference: null, reference_status: 'pending' }, type: method };
}
