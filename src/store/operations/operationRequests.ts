import type { PlainJson } from '../../domain/canonicalJson.ts';
import type { OperationRequest, OperationRequests, RequestStanding } from '../../ports/operationRequests.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { queryIn } from '../transaction.ts';

/** The requests people made, over a connection of `fulfillment_operations`. */
export const operationRequests: OperationRequests = { begin, finish };

async function begin(tx: Transaction, request: OperationRequest): Promise<RequestStanding> {
  const { actor, requestId, operation } = request;
  const inputSha256 = Buffer.from(request.inputSha256);
  // Whoever has the same id under way is waited for: the answer is theirs then, or the id free again.
  const fresh = await queryIn(
    tx,
    `insert into fulfillment.ops_requests (actor, request_id, operation, input_sha256)
     values ($1, $2, $3, $4) on conflict do nothing returning request_id`,
    [actor, requestId, operation, inputSha256],
  );
  if (fresh.length > 0) return { kind: 'new' };
  const [known] = await queryIn<{
    same: boolean;
    finished: boolean;
    outcome: PlainJson;
    audit_seq: bigint | null;
    for_ms: number;
  }>(
    tx,
    `select operation = $3 and input_sha256 = $4 as same, finished_at is not null as finished, outcome, audit_seq,
            (extract(epoch from clock_timestamp() - created_at) * 1000)::float8 as for_ms
       from fulfillment.ops_requests where actor = $1 and request_id = $2`,
    [actor, requestId, operation, inputSha256],
  );
  if (!known?.same) return { kind: 'other' };
  if (!known.finished) return { kind: 'begun', forMs: known.for_ms };
  return { kind: 'answered', outcome: known.outcome, auditSeq: Number(known.audit_seq) };
}

async function finish(
  tx: Transaction,
  { actor, requestId }: OperationRequest,
  { outcome, auditSeq }: { outcome: PlainJson; auditSeq: number },
): Promise<void> {
  await queryIn(
    tx,
    `update fulfillment.ops_requests set outcome = $3, audit_seq = $4, finished_at = clock_timestamp()
      where actor = $1 and request_id = $2`,
    [actor, requestId, JSON.stringify(outcome), auditSeq],
  );
}
