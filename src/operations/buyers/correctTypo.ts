import type { AuditLog } from '../../ports/audit.ts';
import type { CorrectTypo, TypoToCorrect } from '../../ports/checkoutProgress.ts';
import type { OperationRequests } from '../../ports/operationRequests.ts';
import type { Transaction } from '../../ports/transaction.ts';
import type { By } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import type { BuyerOperationsOptions } from './askForMail.ts';
import { createCorrectEmail } from './correctEmail.ts';

export interface CorrectTypoOptions extends BuyerOperationsOptions {
  inTransaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  requests: OperationRequests;
  audit: Pick<AuditLog, 'append'>;
  sha256(bytes: Uint8Array): Uint8Array;
  /** There is work: called after COMMIT. */
  announce(): void;
}

/** How timelines and the audit name the page after the checkout. */
const actor = 'buyer:success_page';
const reason = 'On the page after the checkout the buyer took the suggestion to mend a slip in the address.';

/**
 * What staff does by `email:correct`, done by the buyer's own page: to the address that the server has suggested, once
 * for each order. It has no roles, so it does not come in through the frame's door; all else is as there: one
 * transaction, one row of audit, the same answer to the same wish.
 */
export function createCorrectTypo(options: CorrectTypoOptions): CorrectTypo {
  const { jobs, buyers, requests, audit } = options;
  const correctEmail = createCorrectEmail(options);

  async function correct(tx: Transaction, { jobId, typed, suggested }: TypoToCorrect): Promise<boolean> {
    const requestId = `typo:${jobId}`;
    const by: By = {
      caller: { subject: actor, roles: [], channel: 'system' },
      actor,
      reason,
      requestId,
    };
    const request = {
      actor,
      requestId,
      operation: correctEmail.name,
      inputSha256: options.sha256(Buffer.from(JSON.stringify([typed, suggested]))),
    };
    const standing = await requests.begin(tx, request);
    if (standing.kind === 'answered') return true;
    if (standing.kind !== 'new') throw moved('already_corrected');

    const job = await jobs.lock(tx, jobId);
    if (!job?.payment) throw moved('not_an_order');
    if ((await buyers.correctedEmail(tx, job.payment.id)) !== null) throw moved('already_corrected');
    if (!job.payment.paid || job.payment.takenBack) throw moved('taken_back');
    // What was suggested belongs to the address that it was suggested for.
    const buyer = job.order?.['buyer'] as { email?: unknown } | undefined;
    if (buyer !== undefined && buyer.email !== typed) throw moved('already_corrected');

    const input = { jobId, version: job.version, email: suggested };
    const changed = await correctEmail.change(tx, input, by);
    const { seq } = await audit.append(tx, {
      actor,
      roles: [],
      channel: 'system',
      action: correctEmail.name,
      target: correctEmail.target(input),
      result: 'done',
      reason,
      requestId,
      bulkRunId: null,
      traceId: null,
      before: changed.before,
      after: changed.after,
      details: changed.details ?? null,
    });
    await requests.finish(tx, request, {
      outcome: correctEmail.output.parse(changed.output),
      auditSeq: seq,
    });
    return false;
  }

  return async (typo) => {
    try {
      const repeated = await options.inTransaction((tx) => correct(tx, typo));
      if (!repeated) options.announce();
      return { kind: 'corrected', repeated };
    } catch (error) {
      if (error instanceof Refusal) return { kind: 'refused', code: error.code };
      throw error;
    }
  };
}

const moved = (code: string) =>
  new Refusal({ kind: 'wrong_state', code, detail: 'The order has moved since the page was made.' });
