import type { CreditNoteRenderer, CreditNoteRequest, CreditNoteToIssue } from '../../ports/settling.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { queryIn } from '../transaction.ts';
import { takeNumbers } from './seriesNumbers.ts';

/** Issues credit notes with the next numbers of their series, in the order given. */
export async function issueCreditNotes(
  tx: Transaction,
  wanted: CreditNoteToIssue[],
  renderer: Pick<CreditNoteRenderer, 'build' | 'seriesOf'>,
): Promise<void> {
  if (wanted.length === 0) return;
  const [row] = await queryIn<{ now: Date }>(
    tx,
    `select date_trunc('milliseconds', clock_timestamp()) as now`,
  );
  const now = row?.now ?? new Date(NaN);
  const series = renderer.seriesOf(now);
  const { last, takenAt } = await takeNumbers(tx, series, wanted.length);
  // The moment at which the counter was ours, so that times follow numbers; unless the year turned while we waited.
  const issuedAt = renderer.seriesOf(takenAt) === series ? takenAt : now;
  const issuedBefore = new Map<string, CreditNoteRequest['earlier']>();
  const notes = wanted.map(({ receiptId, request }, index) => {
    const { paymentId, refundId, kind, amount } = request;
    const number = last - wanted.length + index + 1;
    const before = issuedBefore.get(paymentId) ?? [];
    const earlier = [...request.earlier, ...before];
    const document = renderer.build({ ...request, earlier }, { series, number, issuedAt });
    issuedBefore.set(paymentId, [...before, document]);
    return { paymentId, receiptId, refundId, kind, amount, series, number, issuedAt, document };
  });
  await queryIn(
    tx,
    `insert into fulfillment.credit_notes
       (payment_id, receipt_id, refund_id, kind, amount, series, number, document, issued_at)
     select x."paymentId", x."receiptId", x."refundId", x.kind, x.amount, x.series, x.number, x.document, x."issuedAt"
       from jsonb_to_recordset($1) x("paymentId" uuid, "receiptId" uuid, "refundId" text, kind text, amount bigint,
            series text, number bigint, document jsonb, "issuedAt" timestamptz)`,
    [JSON.stringify(notes)],
  );
}
