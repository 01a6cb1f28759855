import type { PlainJson } from '../../domain/canonicalJson.ts';
import type { AuditLog, AuditObject } from '../../ports/audit.ts';
import type { OperationRequest, OperationRequests } from '../../ports/operationRequests.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { insistOnReason, insistOnRequestId } from './insisting.ts';
import type { Answer, By, ChangeOperation, OutsideEffect } from './operation.ts';
import { Refusal } from './refusal.ts';

export interface ChangingOptions {
  inTransaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  requests: OperationRequests;
  audit: Pick<AuditLog, 'append' | 'record'>;
  sha256(bytes: Uint8Array): Uint8Array;
  /** There is work: called after COMMIT. */
  announce(): void;
}

type Change = (
  operation: ChangeOperation,
  input: unknown,
  by: By,
  bulkRunId: string | null,
) => Promise<Answer>;

/** A change with its request and its row of audit, in one transaction. What it does outside is begun in one before. */
export function createChanging(options: ChangingOptions): Change {
  const { audit, requests, inTransaction } = options;

  /** What was answered before; undefined when the request is this transaction's to answer. */
  async function answered(tx: Transaction, request: OperationRequest, lastsMaxMs = 0) {
    const standing = await requests.begin(tx, request);
    if (standing.kind === 'new') return undefined;
    if (standing.kind === 'other') throw reused(request.requestId);
    if (standing.kind === 'begun')
      throw standing.forMs < lastsMaxMs ? underWay(request) : cutOff(request, standing.forMs);
    return { output: standing.outcome, auditSeq: standing.auditSeq, repeated: true };
  }

  return async (operation, input, by, bulkRunId) => {
    if (by.reason !== null || operation.reason === 'required') insistOnReason(by);
    insistOnRequestId(by, bulkRunId);
    const request = {
      actor: by.caller.subject,
      requestId: by.requestId,
      operation: operation.name,
      // Parsed by its schema, so that the same wish has the same text.
      inputSha256: options.sha256(Buffer.from(JSON.stringify([input, by.reason]))),
    };
    const row = { ...authorOf(by), target: operation.target(input), result: 'done', bulkRunId } as const;

    async function begin({ lastsMaxMs, begin: beginOutside }: OutsideEffect) {
      return inTransaction(async (tx) => {
        const earlier = await answered(tx, request, lastsMaxMs);
        if (earlier) return { earlier };
        const { after, carryOut } = await beginOutside(tx, input, by);
        const begun: { before: AuditObject | null; after: AuditObject; details: AuditObject | null } = {
          before: null,
          after,
          details: null,
        };
        await audit.append(tx, { ...row, ...begun, action: `${operation.name}:begin` });
        return { carryOut };
      });
    }

    const begun = operation.outside && (await begin(operation.outside));
    if (begun?.earlier) return begun.earlier;
    const seen = begun ? await begun.carryOut() : await operation.look?.(input);
    let work = false;
    const answer = await inTransaction(async (tx): Promise<Answer> => {
      const earlier = begun ? undefined : await answered(tx, request);
      if (earlier) return earlier;
      const changed = await operation.change(tx, input, by, seen);
      const output = operation.output.parse(changed.output) as PlainJson;
      const { before, after, details = null } = changed;
      // Last, for it holds the head of the chain until COMMIT (law 7).
      const { seq } = await audit.append(tx, { ...row, action: operation.name, before, after, details });
      await requests.finish(tx, request, { outcome: output, auditSeq: seq });
      work = changed.work === true;
      return { output, auditSeq: seq, repeated: false };
    });
    if (work) options.announce();
    return answer;
  };
}

/** Who speaks in a row of audit. */
export function authorOf({ caller, reason, requestId }: By) {
  return {
    actor: caller.subject,
    roles: [...caller.roles],
    channel: caller.channel,
    reason,
    requestId,
    traceId: caller.traceId ?? null,
  };
}

const reused = (requestId: string) =>
  new Refusal({
    kind: 'request_id_reused',
    code: 'request_id_reused',
    field: 'requestId',
    detail: `Request ${requestId} was for something else.`,
    remedy: 'Use a new request id for a new wish, and the same one only to repeat the same wish.',
  });

const underWay = ({ requestId }: OperationRequest) =>
  new Refusal({
    kind: 'wrong_state',
    code: 'request_under_way',
    detail: `Request ${requestId} is being carried out, and has no answer yet. Nothing was done a second time.`,
    remedy: 'Ask again in a minute with the same request id: you get its answer.',
  });

const cutOff = ({ requestId }: OperationRequest, forMs: number) =>
  new Refusal({
    kind: 'wrong_state',
    code: 'request_cut_off',
    detail: `Request ${requestId} was begun ${Math.round(forMs / 1_000)} s ago and never finished: it was cut off, and how far it came is not known. It is not done again.`,
    remedy: 'To do it anew, use a new request id.',
  });
