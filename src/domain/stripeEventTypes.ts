/** Types of Stripe's events that speak of a purchase. */
export const purchaseEventTypes = [
  'checkout.session.completed',
  'checkout.session.async_payment_succeeded',
  'checkout.session.async_payment_failed',
  'payment_intent.succeeded',
] as const;

/** Types that speak of money that went back, or came again; with the object that each of them carries. */
export const settlementEventTypes = {
  'charge.refunded': 'charge',
  'charge.refund.updated': 'refund',
  'refund.created': 'refund',
  'refund.updated': 'refund',
  'refund.failed': 'refund',
  'charge.dispute.created': 'dispute',
  'charge.dispute.updated': 'dispute',
  'charge.dispute.closed': 'dispute',
  'charge.dispute.funds_withdrawn': 'dispute',
  'charge.dispute.funds_reinstated': 'dispute',
} as const;

/** All that we act on: what a webhook endpoint is registered with, and what the poller reads. Stripe takes 20 at once. */
export const neededEventTypes: readonly string[] = [
  ...purchaseEventTypes,
  ...Object.keys(settlementEventTypes),
];
