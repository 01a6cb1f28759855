import type { BulkItemOutcome, BulkRequestId } from '../../ports/bulk.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { queryIn } from '../transaction.ts';

// The run before the item, as everybody locks them. An item that was left out while it was under way was not left out.
const note = `
with run as (
  select r.id from fulfillment.ops_bulk_runs r where r.id = $1 for no key update
), noted as (
  update fulfillment.ops_bulk_items i
     set state = $3, outcome = $4, audit_seq = $5, finished_at = clock_timestamp()
    from run
   where i.run_id = run.id and i.ordinal = $2 and i.eligible and i.state in ('waiting', 'left_out')
  returning i.state
)
update fulfillment.ops_bulk_runs r
   set done = r.done + (noted.state = 'done')::int, refused = r.refused + (noted.state = 'refused')::int,
       failed = r.failed + (noted.state = 'failed')::int
  from noted
 where r.id = $1`;

export async function noteItem(
  tx: Transaction,
  item: { runId: string; ordinal: number },
  { state, code, auditSeq }: BulkItemOutcome,
): Promise<void> {
  await queryIn(tx, note, [item.runId, item.ordinal, state, code, auditSeq]);
}

/**
 * Notes an item that was carried out by a process which died before it noted it. Items are carried out in order, so it
 * is the first that waits. A request that was for something else is no answer: asked for again, it is refused.
 */
export async function noteAnswered(
  tx: Transaction,
  run: { runId: string; startedBy: string; action: string },
  requestIdOf: BulkRequestId,
): Promise<void> {
  const [first] = await queryIn<{ ordinal: number }>(
    tx,
    `select i.ordinal from fulfillment.ops_bulk_items i
      where i.run_id = $1 and i.state = 'waiting' order by i.ordinal limit 1`,
    [run.runId],
  );
  if (!first) return;
  const { ordinal } = first;
  const [answered] = await queryIn<{ auditSeq: bigint | null }>(
    tx,
    `select q.audit_seq as "auditSeq" from fulfillment.ops_requests q
      where q.actor = $1 and q.request_id = $2 and q.operation = $3 and q.finished_at is not null`,
    [run.startedBy, requestIdOf(run.runId, ordinal), run.action],
  );
  if (!answered) return;
  const auditSeq = answered.auditSeq === null ? null : Number(answered.auditSeq);
  await noteItem(tx, { runId: run.runId, ordinal }, { state: 'done', code: 'done', auditSeq });
}
