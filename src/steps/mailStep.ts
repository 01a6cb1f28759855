import { Fault } from '../domain/fault.ts';
import { defaultRetryPolicy } from '../domain/retryPolicy.ts';
import type { MailKind } from '../ports/mailLedger.ts';
import type { MailRenderer, MailSending, PreparedMail } from '../ports/mailSending.ts';
import type { EntitlementStore, ReceiptStore } from '../ports/orders.ts';
import type { JobView, OutsideStep } from '../ports/step.ts';
import { orderOf, paymentOf } from './orderOf.ts';

export interface MailStepOptions {
  sending: MailSending;
  renderer: MailRenderer;
  receipts: ReceiptStore;
  entitlements: EntitlementStore;
  /** How long an answer is awaited before the outcome counts as unknown. */
  timeoutMs: number;
}

export type PreparedForStep = PreparedMail;

interface MailStepShape {
  step: string;
  kind: MailKind;
  keyOf(job: JobView): string;
  /** Why this mail need not be sent at all. */
  notNeeded?(job: JobView): Promise<string | undefined>;
}

/** A step that sends one logical mail. Proof: the provider's durable acceptance. Twice: the ledger knows the mail. */
export function createMailStep(options: MailStepOptions, shape: MailStepShape): OutsideStep<PreparedForStep> {
  const { sending, renderer } = options;

  return {
    kind: 'outside',
    name: shape.step,
    version: 1,
    timeoutMs: options.timeoutMs,
    retry: defaultRetryPolicy,

    effects: (job) => [{ key: shape.keyOf(job), provider: 'email' }],

    async prepare(job, _effect, { signal }) {
      const logicalKey = shape.keyOf(job);
      const reason = await shape.notNeeded?.(job);
      if (reason) return { kind: 'skip', reason };
      const standing = await sending.standing(logicalKey);
      if (standing.state === 'accepted') {
        return { kind: 'done', evidence: { already_accepted_at: standing.acceptedAt.toISOString() } };
      }
      if (standing.state === 'queued') {
        const { mail, ambiguities, unansweredForMs } = standing;
        // Before anything is announced or sent again, the open question of the last attempt is settled.
        if (unansweredForMs !== null) {
          const unanswered = { messageId: mail.messageId, ambiguities, unansweredForMs };
          const evidence = await sending.settleUnanswered(unanswered, signal);
          if (evidence) return { kind: 'done', evidence };
        }
        const repeats = unansweredForMs !== null;
        return { kind: 'ready', prepared: { logicalKey, mail, rendered: null, repeats } };
      }
      const rendered = await renderer.render(await contentsOf(job, logicalKey));
      return { kind: 'ready', prepared: { logicalKey, mail: rendered, rendered, repeats: false } };
    },

    async intend(tx, rows) {
      const refused = await sending.intend(
        tx,
        rows.map(({ prepared, leaseToken }) => ({ prepared, leaseToken })),
      );
      return new Map(
        rows.flatMap(({ job, prepared }) => {
          const reason = refused.get(prepared.logicalKey);
          return reason ? [[job.jobId, reason]] : [];
        }),
      );
    },

    make: ({ job, prepared }, { signal }) => sending.send(prepared, job, signal),
    record: (tx, rows) =>
      sending.recordAccepted(
        tx,
        rows.map(({ effect, evidence }) => ({ logicalKey: effect.key, evidence })),
      ),
    recordFault: (tx, rows) =>
      sending.recordFaults(
        tx,
        rows.map(({ effect, fault }) => ({ logicalKey: effect.key, fault })),
      ),
  };

  async function contentsOf(job: JobView, logicalKey: string) {
    const [receipt, entitlements] = await Promise.all([
      options.receipts.read(paymentOf(job).id),
      options.entitlements.ofPayment(paymentOf(job).id),
    ]);
    if (!receipt) {
      throw new Fault({
        kind: 'transient',
        reason: 'receipt_missing',
        message: 'The receipt is not readable yet.',
      });
    }
    const order = orderOf(job);
    return {
      logicalKey,
      kind: shape.kind,
      paymentId: paymentOf(job).id,
      order,
      receipt: receipt.document,
      entitlements: entitlements.map(({ entitlementId, lineNo, state }) => ({
        entitlementId,
        lineNo,
        formats: order.lines.find((line) => line.lineNo === lineNo)?.formats ?? [],
        filesReady: state !== 'processing',
      })),
    };
  }
}
