import type pg from 'pg';
import type { IssuedReceipt, ReceiptJson, ReceiptRequest, ReceiptStore } from '../../ports/orders.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { clientOf } from '../transaction.ts';
import { takeNumbers } from './seriesNumbers.ts';

export function createReceiptStore(pool: pg.Pool): ReceiptStore {
  return {
    async issue(tx, requests, build, seriesOf) {
      const { known, now } = await readIssued(tx, requests);
      const fresh = requests.filter((request) => !known.has(request.paymentId));
      const issued = requests.flatMap((request) => {
        const receipt = known.get(request.paymentId);
        return receipt ? [{ ...receipt, jobId: request.jobId }] : [];
      });
      if (fresh.length === 0) return issued;
      const series = seriesOf(now);
      const { last, takenAt } = await takeNumbers(tx, series, fresh.length);
      // The moment at which the counter was ours, so that times follow numbers; unless the year turned while we waited.
      const issuedAt = seriesOf(takenAt) === series ? takenAt : now;
      const numbered = fresh.map((request, index) => ({
        request,
        number: last - fresh.length + index + 1,
      }));
      const ids = await insertReceipts(
        tx,
        numbered.map(({ request, number }) => ({
          payment_id: request.paymentId,
          series,
          number,
          issued_at: issuedAt,
          document: build(request, { series, number, issuedAt }),
        })),
      );
      return [
        ...issued,
        ...numbered.map(({ request, number }) => ({
          jobId: request.jobId,
          receiptId: ids.get(request.paymentId) ?? '',
          series,
          number,
          issuedAt,
        })),
      ];
    },

    async read(paymentId) {
      const { rows } = await pool.query<{ document: ReceiptJson; issued_at: Date }>(
        'select document, issued_at from fulfillment.receipts where payment_id = $1',
        [paymentId],
      );
      return rows[0] && { document: rows[0].document, issuedAt: rows[0].issued_at };
    },
  };
}

type Known = Omit<IssuedReceipt, 'jobId'>;

async function readIssued(
  tx: Transaction,
  requests: ReceiptRequest[],
): Promise<{ known: Map<string, Known>; now: Date }> {
  const { rows } = await clientOf(tx).query<{
    now: Date;
    payment_id: string | null;
    id: string;
    series: string;
    number: bigint;
    issued_at: Date;
  }>(
    `select date_trunc('milliseconds', clock_timestamp()) as now, r.payment_id, r.id, r.series, r.number, r.issued_at
       from (select 1) one left join fulfillment.receipts r on r.payment_id = any($1::uuid[])`,
    [requests.map((request) => request.paymentId)],
  );
  const known = new Map(
    rows.flatMap((row) =>
      row.payment_id
        ? [
            [
              row.payment_id,
              { receiptId: row.id, series: row.series, number: Number(row.number), issuedAt: row.issued_at },
            ],
          ]
        : [],
    ),
  );
  return { known, now: rows[0]?.now ?? new Date(NaN) };
}

async function insertReceipts(tx: Transaction, rows: object[]): Promise<Map<string, string>> {
  const inserted = await clientOf(tx).query<{ id: string; payment_id: string }>(
    `insert into fulfillment.receipts (payment_id, series, number, issued_at, document)
     select x.payment_id, x.series, x.number, x.issued_at, x.document
       from jsonb_to_recordset($1) x(payment_id uuid, series text, number bigint, issued_at timestamptz, document jsonb)
     returning id, payment_id`,
    [JSON.stringify(rows)],
  );
  return new Map(inserted.rows.map((row) => [row.payment_id, row.id]));
}
