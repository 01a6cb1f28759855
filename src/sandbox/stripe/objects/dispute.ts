import { newEvent } from './events.ts';
import type { EventOrigin } from './events.ts';
import { newId } from './ids.ts';
import type { ChargeBody, DisputeBody, DisputeStatus, EventBody } from './shapes.ts';
import { isCard } from './refund.ts';

const daySeconds = 24 * 60 * 60;
const feeMinor = 1_500;

const closed: readonly DisputeStatus[] = ['won', 'lost', 'warning_closed', 'prevented'];

export interface DisputeRequest {
  amountMinor: number;
  created: number;
  reason: string;
  status: DisputeStatus;
}

/** A dispute as a bank opens it. Of an inquiry, and of one that was prevented, no money is taken. */
export function newDispute(charge: ChargeBody, request: DisputeRequest): DisputeBody {
  const { created, status, amountMinor } = request;
  const dueAt = Math.floor((created + 9 * daySeconds) / daySeconds) * daySeconds - 1;
  const dispute: DisputeBody = {
    id: newId('du'),
    object: 'dispute',
    amount: amountMinor,
    balance_transactions: [],
    charge: charge.id,
    created,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: noEvidence,
    evidence_details: {
      due_by: dueAt,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: null,
    is_charge_refundable: isInquiry(status),
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    payment_method_details: isCard(charge)
      ? {
          card: {
            brand: 'visa',
            case_type: isInquiry(status) ? 'inquiry' : 'chargeback',
            network: 'visa',
            network_reason_code: '10.4',
          },
          type: 'card',
        }
      : { type: (charge.payment_method_details as { type: string }).type },
    reason: request.reason,
    status,
  };
  return withMoney(dispute, created);
}

/** The dispute with another status, and the money that goes with it. */
export function disputeAs(dispute: DisputeBody, status: DisputeStatus, created: number): DisputeBody {
  return withMoney({ ...dispute, status, is_charge_refundable: isInquiry(status) }, created);
}

/** The events of a dispute that was opened. */
export function openedEvents(
  dispute: DisputeBody,
  occasion: { created: number; origin?: EventOrigin },
): EventBody[] {
  return [
    newEvent('charge.dispute.created', dispute, occasion),
    ...(isWithdrawn(dispute) ? [newEvent('charge.dispute.funds_withdrawn', dispute, occasion)] : []),
  ];
}

/** The events of a dispute that has changed: closed, or updated; and money that went or came back. */
export function changedEvents(
  before: DisputeBody,
  after: DisputeBody,
  occasion: { created: number; origin?: EventOrigin; previous?: object },
): EventBody[] {
  const { previous, ...plain } = occasion;
  const turned = before.status !== after.status;
  const changes = previous ?? { status: before.status };
  const type = turned && closed.includes(after.status) ? 'closed' : 'updated';
  const events = [newEvent(`charge.dispute.${type}`, after, { ...plain, previous: changes })];
  if (isWithdrawn(before) && !isWithdrawn(after))
    events.push(newEvent('charge.dispute.funds_reinstated', after, plain));
  if (!isWithdrawn(before) && isWithdrawn(after))
    events.push(newEvent('charge.dispute.funds_withdrawn', after, plain));
  return events;
}

/** A question of the bank, before it takes any money. */
export function isInquiry(status: DisputeStatus): boolean {
  return status.startsWith('warning_');
}

/** Whether the bank holds the money now. */
export function isWithdrawn(dispute: Pick<DisputeBody, 'status'>): boolean {
  return !isInquiry(dispute.status) && dispute.status !== 'won' && dispute.status !== 'prevented';
}

/** Keeps the sum of the balance transactions what the status demands. */
function withMoney(dispute: DisputeBody, created: number): DisputeBody {
  const booked = dispute.balance_transactions.length % 2 === 1;
  if (booked === isWithdrawn(dispute)) return dispute;
  const transaction = movement(dispute, booked ? 'back' : 'away', created);
  return { ...dispute, balance_transactions: [...dispute.balance_transactions, transaction] };
}

function movement(dispute: DisputeBody, way: 'away' | 'back', created: number): object {
  const away = way === 'away';
  const amount = away ? -dispute.amount : dispute.amount;
  const fee = away ? feeMinor : 0;
  return {
    id: newId('txn'),
    object: 'balance_transaction',
    amount,
    available_on: created,
    balance_type: 'payments',
    created,
    currency: dispute.currency,
    description: `Chargeback ${away ? 'withdrawal' : 'reversal'} for ${dispute.charge}`,
    exchange_rate: null,
    fee,
    fee_details: away
      ? [
          {
            amount: fee,
            application: null,
            currency: dispute.currency,
            description: 'Dispute fee',
            type: 'stripe_fee',
          },
        ]
      : [],
    net: amount - fee,
    reporting_category: away ? 'dispute' : 'dispute_reversal',
    source: dispute.id,
    status: 'available',
    type: 'adjustment',
  };
}

const noEvidence: DisputeBody['evidence'] = {
  access_activity_log: null,
  billing_address: null,
  cancellation_policy: null,
  cancellation_policy_disclosure: null,
  cancellation_rebuttal: null,
  customer_communication: null,
  customer_email_address: null,
  customer_name: null,
  customer_purchase_ip: null,
  customer_signature: null,
  duplicate_charge_documentation: null,
  duplicate_charge_explanation: null,
  duplicate_charge_id: null,
  enhanced_evidence: {},
  product_description: null,
  receipt: null,
  refund_policy: null,
  refund_policy_disclosure: null,
  refund_refusal_explanation: null,
  service_date: null,
  service_documentation: null,
  shipping_address: null,
  shipping_carrier: null,
  shipping_date: null,
  shipping_documentation: null,
  shipping_tracking_number: null,
  uncategorized_file: null,
  uncategorized_text: null,
};
