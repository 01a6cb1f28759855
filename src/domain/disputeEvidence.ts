/**
 * What Stripe takes as evidence in a dispute: names and limits of its `evidence` object,
 * docs.stripe.com/api/disputes/update. Fields that take the id of an uploaded file stand apart: no text goes there.
 */

/** Characters of all fields together. */
export const evidenceCharactersMax = 150_000;
/** Characters of a field for longer texts. */
export const longFieldMax = 20_000;
/** Stripe names no limit of its own for these: what a name, an address or a date may need. */
const shortFieldMax = 1_000;

/** Fields that take a text, with the most characters that are put into each. */
export const evidenceTextFields = {
  access_activity_log: longFieldMax,
  billing_address: shortFieldMax,
  cancellation_policy_disclosure: longFieldMax,
  cancellation_rebuttal: longFieldMax,
  customer_email_address: shortFieldMax,
  customer_name: shortFieldMax,
  customer_purchase_ip: shortFieldMax,
  duplicate_charge_explanation: longFieldMax,
  duplicate_charge_id: shortFieldMax,
  product_description: longFieldMax,
  refund_policy_disclosure: longFieldMax,
  refund_refusal_explanation: longFieldMax,
  service_date: shortFieldMax,
  uncategorized_text: longFieldMax,
} as const;
export type EvidenceTextField = keyof typeof evidenceTextFields;

/** Fields that take the id of a file which was uploaded to Stripe (purpose `dispute_evidence`). */
export const evidenceFileFields = [
  'receipt',
  'customer_communication',
  'refund_policy',
  'cancellation_policy',
  'service_documentation',
] as const;
export type EvidenceFileField = (typeof evidenceFileFields)[number];

/**
 * As many whole lines as fit, and in place of the others one that says how many there are.
 *
 * @param charactersMax UTF-16 code units: never fewer than characters as Stripe may count them
 */
export function fittingLines(lines: readonly string[], charactersMax: number): string {
  const whole = lines.join('\n');
  if (whole.length <= charactersMax) return whole;
  const told = (left: number) => `(${left} more lines do not fit in here.)`;
  const room = charactersMax - told(lines.length).length;
  let kept = 0;
  let used = 0;
  for (const line of lines) {
    used += line.length + 1;
    if (used > room) break;
    kept += 1;
  }
  return [...lines.slice(0, kept), told(lines.length - kept)].join('\n');
}
