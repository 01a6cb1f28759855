import type { Transaction } from '../../ports/transaction.ts';
import { clientOf } from '../transaction.ts';

/** Takes the next numbers of a series. The row stays locked until COMMIT, so no number is skipped or given twice. */
export async function takeNumbers(
  tx: Transaction,
  series: string,
  count: number,
): Promise<{ last: number; takenAt: Date }> {
  const { rows } = await clientOf(tx).query<{ last_number: bigint; taken_at: Date }>(
    `insert into fulfillment.receipt_series as s (series, last_number) values ($1, $2)
     on conflict (series) do update set last_number = s.last_number + $2
     returning last_number, date_trunc('milliseconds', clock_timestamp()) as taken_at`,
    [series, count],
  );
  const row = rows[0];
  if (!row) throw new Error('The counter of the series gave nothing.');
  return { last: Number(row.last_number), takenAt: row.taken_at };
}
