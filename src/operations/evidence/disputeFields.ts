import {
  evidenceCharactersMax,
  type EvidenceTextField,
  evidenceTextFields,
  type EvidenceFileField,
  fittingLines,
} from '../../domain/disputeEvidence.ts';
import { decimalText } from '../../domain/money.ts';
import { accessLogLines } from './accessLog.ts';
import type { EvidenceFacts, ShownEvidence } from './evidenceParts.ts';

/** The fields of Stripe's dispute evidence, those filled that what is stored here can fill. */
export function disputeFields(
  facts: EvidenceFacts,
  timeline: ShownEvidence['timeline'],
): ShownEvidence['stripe'] {
  const { buyer } = facts;
  const available = facts.lines.flatMap(({ availableAt }) => availableAt ?? []).toSorted()[0];
  const lines: Partial<Record<EvidenceTextField, string[]>> = {
    access_activity_log: accessLogLines(facts),
    billing_address: buyer?.addressLines ?? [],
    customer_email_address: buyer ? [buyer.email] : [],
    customer_name: [buyer?.name ?? buyer?.company ?? ''],
    product_description: productLines(facts),
    service_date: available === undefined ? [] : [dayText(available)],
    uncategorized_text: statementLines(facts, timeline),
  };
  const evidence: Record<string, string> = {};
  for (const [field, texts] of Object.entries(lines) as Array<[EvidenceTextField, string[]]>) {
    const text = fittingLines(texts, evidenceTextFields[field]);
    if (text.trim() !== '') evidence[field] = text;
  }
  return {
    evidence,
    files: filesOf(facts),
    byHand: byHandOf(evidence, facts),
    limits: { ...evidenceTextFields },
    characters: Object.values(evidence).reduce((sum, text) => sum + text.length, 0),
    charactersMax: evidenceCharactersMax,
  };
}

const longDay = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
/** Stripe asks for a clear, human-readable date. */
const dayText = (at: string) => `${longDay.format(new Date(at))} (${at})`;

function productLines({ lines, payment: { currency } }: EvidenceFacts): string[] {
  if (lines.length === 0) return [];
  return [
    'Digital books (files to download, no physical shipment):',
    ...lines.map(({ quantity, title, formats, productVersion, totalMinor }) => {
      const price =
        totalMinor === null || currency === null
          ? ''
          : `, ${decimalText({ amountMinor: totalMinor, currency })} ${currency.toUpperCase()}`;
      return `${quantity} × ${title}, version ${productVersion}, ${formats.map((format) => format.toUpperCase()).join(' and ')}${price}`;
    }),
  ];
}

/** How it was delivered, told by the records, and nothing that they do not say. */
function statementLines(facts: EvidenceFacts, timeline: ShownEvidence['timeline']): string[] {
  const { payment, receipt, buyer, forgottenAt } = facts;
  const corrected = buyer?.correctedEmail ?? null;
  return [
    `Order ${facts.orderId}, payment ${payment.key}${receipt ? `, receipt ${receipt.number} of ${receipt.issuedAt}` : ''}.`,
    ...(corrected === null
      ? []
      : [`The address was corrected after the purchase; mails went to ${corrected} from then on.`]),
    ...(forgottenAt === null
      ? []
      : [
          `The buyer was forgotten at their request on ${forgottenAt}: name, addresses and hashes of network addresses were erased.`,
        ]),
    'What happened, by the records of the seller (times in UTC):',
    ...timeline.map(({ at, what }) => `${at}  ${what}`),
  ];
}

function filesOf({ receipt, mails }: EvidenceFacts): ShownEvidence['stripe']['files'] {
  const file = (field: EvidenceFileField, what: string) => ({ field, what });
  return [
    ...(receipt ? [file('receipt', `Receipt ${receipt.number} as PDF, as the buyer has it.`)] : []),
    ...(mails.items.some(({ acceptedAt }) => acceptedAt !== null)
      ? [
          file(
            'customer_communication',
            'What the buyer has written to you. When our mails went out and arrived stands in uncategorized_text.',
          ),
        ]
      : []),
    file('refund_policy', 'Your refund policy, as it was shown before the purchase. It is not stored here.'),
    file('service_documentation', 'This document, printed: deliveries, mails and claims one by one.'),
  ];
}

const reasons: Partial<Record<EvidenceTextField, string>> = {
  customer_purchase_ip: 'Not kept here: Stripe has the address that the Checkout Session was paid from.',
  refund_policy_disclosure: 'Where and when your shop showed its policy before the purchase.',
  refund_refusal_explanation: 'Why no refund is owed.',
  cancellation_policy_disclosure: 'For subscriptions.',
  cancellation_rebuttal: 'For subscriptions.',
  duplicate_charge_id: 'Only for a charge that is said to be a duplicate.',
  duplicate_charge_explanation: 'Only for a charge that is said to be a duplicate.',
  access_activity_log: 'No download by a person is recorded. Deliveries are kept for 13 months.',
  service_date: 'The books have never been available for download.',
  billing_address: 'The buyer gave none.',
  customer_name: 'The buyer gave none.',
};

const ofBuyer: ReadonlySet<string> = new Set(['billing_address', 'customer_name', 'customer_email_address']);

function byHandOf(
  evidence: Readonly<Record<string, string>>,
  { forgottenAt }: EvidenceFacts,
): ShownEvidence['stripe']['byHand'] {
  return (Object.keys(evidenceTextFields) as EvidenceTextField[])
    .filter((field) => !(field in evidence))
    .map((field) => ({
      field,
      why:
        forgottenAt !== null && ofBuyer.has(field)
          ? 'The buyer was forgotten at their request.'
          : (reasons[field] ?? 'Nothing is known of it here.'),
    }));
}
