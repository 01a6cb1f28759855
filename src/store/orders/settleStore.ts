import type pg from 'pg';
import type { NoticeToTell, SettleStore } from '../../ports/settling.ts';
import { issueCreditNotes } from './creditNotes.ts';
import { lockToSettle } from './lockToSettle.ts';
import { noticeSchema } from './noticeRow.ts';
import { writeSettlements } from './writeSettlements.ts';

/** What settlements read and write, over a connection of the worker. */
export function createSettleStore(pool: pg.Pool): SettleStore {
  return {
    async readWanted(paymentId) {
      const { rows } = await pool.query<{ wanted: bigint; intent: string | null }>(
        'select facts_wanted as wanted, payment_intent_id as intent from fulfillment.payments where id = $1',
        [paymentId],
      );
      const [row] = rows;
      if (!row) throw new Error('The payment of a job does not exist.');
      return { wanted: Number(row.wanted), paymentIntentId: row.intent };
    },
    lock: lockToSettle,
    write: writeSettlements,
    issue: issueCreditNotes,
    readNotice: (paymentId, key) => readNotice(pool, paymentId, key),
  };
}

async function readNotice(pool: pg.Pool, paymentId: string, key: string): Promise<NoticeToTell | undefined> {
  const { rows } = await pool.query<{
    notice: unknown;
    id: string | null;
    document: { [key: string]: unknown } | null;
  }>(
    `select n.data || jsonb_build_object('key', n.key, 'kind', n.kind) as notice, c.id, c.document
       from fulfillment.payment_notices n
       left join fulfillment.credit_notes c on c.payment_id = n.payment_id and c.refund_id = n.data ->> 'refundId'
        and c.kind = case n.kind when 'refund' then 'credit' when 'refund_failed' then 'reversal' end
      where n.payment_id = $1 and n.key = $2`,
    [paymentId, key],
  );
  const [row] = rows;
  if (!row) return undefined;
  const { id, document } = row;
  return {
    notice: noticeSchema.parse(row.notice),
    creditNote: id !== null && document !== null ? { creditNoteId: id, document } : null,
  };
}
