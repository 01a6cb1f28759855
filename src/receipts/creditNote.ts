import { z } from 'zod';
import { dayIn } from '../domain/calendar.ts';
import { Fault } from '../domain/fault.ts';
import { languages } from '../domain/order.ts';
import { printableText } from '../domain/printableText.ts';
import type { Seller } from '../domain/seller.ts';
import type { CreditNoteRequest } from '../ports/settling.ts';
import { shareCredit } from './creditShares.ts';
import type { LineShare } from './creditShares.ts';
import {
  amount,
  buyerSchema,
  day,
  receiptDocumentSchema,
  receiptNumber,
  referenceMax,
  sellerParty,
  sellerSchema,
  taxRatesSchema,
} from './document.ts';
import type { ReceiptDocument, ReceiptIssue } from './document.ts';
import { taxRatesOf } from './taxRates.ts';

const reference = z.strictObject({ number: z.string(), issueDay: day });

const line = z.strictObject({
  lineNo: z.int().positive(),
  title: z.string(),
  quantity: amount,
  /** What the receipt says was paid for the line. */
  paid: amount,
  /** Whether the refund is for this line. If not, it bears its share of a sum that is for no line. */
  named: z.boolean(),
  taxPercent: z.number().nullable(),
  tax: amount,
  total: amount,
});

/**
 * A credit note as it is stored: everything that is printed, frozen at the moment of issue. All amounts are in minor
 * units and positive; of a `reversal`, they are what a credit note has taken off a receipt, and what stands again.
 */
export const creditNoteDocumentSchema = z.strictObject({
  version: z.literal(1),
  kind: z.enum(['credit', 'reversal']),
  language: z.enum(languages),
  number: z.string().regex(/^.+\/\d{6,}$/),
  issuedAt: z.iso.datetime(),
  /** Day in the seller's time zone. */
  issueDay: day,
  receipt: reference.extend({ total: amount }),
  /** Of a reversal: the credit note that it takes back. */
  reverses: reference.nullable(),
  orderId: z.string(),
  paymentKey: z.string(),
  refundId: z.string(),
  test: z.boolean(),
  seller: sellerSchema,
  buyer: buyerSchema,
  currency: z.string().regex(/^[a-z]{3}$/),
  lines: z.array(line).min(1),
  taxRates: taxRatesSchema,
  tax: amount,
  total: amount,
});

export type CreditNoteDocument = z.infer<typeof creditNoteDocumentSchema>;
export type CreditNoteLine = CreditNoteDocument['lines'][number];

/**
 * The credit note of a refund, or the reversal of one. Pure: the same arguments give the same document. Buyer and
 * language are those of the receipt that it corrects; the seller is who issues it today.
 *
 * @throws Fault `needs_human` when the amount is not one that the receipt can bear
 */
export function creditNoteDocument(
  request: CreditNoteRequest,
  seller: Seller,
  issue: ReceiptIssue,
): CreditNoteDocument {
  const receipt = receiptDocumentSchema.parse(request.receipt);
  const { lines, reverses } = request.kind === 'credit' ? creditOf(request, receipt) : reversalOf(request);
  return {
    version: 1,
    kind: request.kind,
    language: receipt.language,
    number: receiptNumber(issue),
    issuedAt: issue.issuedAt.toISOString(),
    issueDay: dayIn(seller.timeZone, issue.issuedAt),
    receipt: { number: receipt.number, issueDay: receipt.issueDay, total: receipt.total },
    reverses,
    orderId: receipt.orderId,
    paymentKey: receipt.paymentKey,
    refundId: printableText(request.refundId, referenceMax),
    test: receipt.test,
    seller: sellerParty(seller),
    buyer: receipt.buyer,
    currency: receipt.currency,
    lines,
    taxRates: taxRatesOf(lines),
    tax: lines.reduce((sum, { tax }) => sum + tax, 0),
    total: request.amount,
  };
}

type Contents = Pick<CreditNoteDocument, 'lines' | 'reverses'>;

/** A credit of all that was paid is for all lines, whether or not anybody has said so. */
function creditOf({ amount: total, lines, earlier }: CreditNoteRequest, receipt: ReceiptDocument): Contents {
  const all = receipt.lines.map(({ lineNo }) => lineNo);
  const forLines = total === receipt.total ? all : (lines ?? []);
  if (total < 1 || total > receipt.total || forLines.some((lineNo) => !all.includes(lineNo))) {
    throw mismatch(
      `A receipt of ${receipt.total} has no credit of ${total} for lines ${forLines.join(', ')}`,
    );
  }
  const shares = shareCredit(total, leftOf(receipt, { earlier, atLeast: total }), forLines);
  const credited = receipt.lines.map((receiptLine, at) =>
    creditLine(receiptLine, { share: shares[at], named: forLines.includes(receiptLine.lineNo) }),
  );
  return { lines: credited.filter(({ named, total: borne }) => named || borne > 0), reverses: null };
}

function creditLine(
  { lineNo, title, quantity, taxPercent, total: paid }: ReceiptDocument['lines'][number],
  { share, named }: { share: LineShare | undefined; named: boolean },
): CreditNoteLine {
  const { tax = 0, total = 0 } = share ?? {};
  return { lineNo, title, quantity, paid, named, taxPercent, tax, total };
}

/**
 * What earlier credits have left of each line. When refunds overtake each other, less may seem to be left than is
 * refunded: then none of them is counted, since the amount is Stripe's and the shares are only ours.
 */
function leftOf(
  { lines }: ReceiptDocument,
  { earlier, atLeast }: { earlier: unknown[]; atLeast: number },
): ReceiptDocument['lines'] {
  const left = new Map(lines.map((one) => [one.lineNo, { tax: one.tax, total: one.total }]));
  for (const document of earlier) {
    const note = creditNoteDocumentSchema.parse(document);
    const sign = note.kind === 'credit' ? -1 : 1;
    for (const { lineNo, tax, total } of note.lines) {
      const one = left.get(lineNo);
      if (one) left.set(lineNo, { tax: one.tax + sign * tax, total: one.total + sign * total });
    }
  }
  const rest = lines.map((one) => ({ ...one, ...left.get(one.lineNo) }));
  const sound = rest.every(({ tax, total }) => tax >= 0 && total >= 0);
  return sound && rest.reduce((sum, { total }) => sum + total, 0) >= atLeast ? rest : lines;
}

/** A reversal takes back all of a credit note, figure by figure. */
function reversalOf({ amount: total, reverses }: CreditNoteRequest): Contents {
  const reversed = reverses && creditNoteDocumentSchema.parse(reverses);
  if (!reversed || reversed.kind !== 'credit' || reversed.total !== total) {
    throw mismatch(`A reversal of ${total} takes back ${reversed ? reversed.total : 'nothing'}`);
  }
  const { lines, number, issueDay } = reversed;
  return { lines, reverses: { number, issueDay } };
}

const mismatch = (found: string) =>
  new Fault({
    kind: 'needs_human',
    reason: 'credit_note_mismatch',
    message: `${found} (minor units).`,
  });
