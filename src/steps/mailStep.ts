import { Fault } from '../domain/fault.ts';
import { defaultRetryPolicy } from '../domain/retryPolicy.ts';
import type { MailKind } from '../ports/mailLedger.ts';
import type { MailRenderer, MailRequest, MailSending, PreparedMail } from '../ports/mailSending.ts';
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
  /** Whom it goes to; the buyer, unless it says otherwise. */
  toOf?(job: JobView): string;
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
      const { standing, correctedEmail } = await sending.look(logicalKey, paymentOf(job).id);
      const to = shape.toOf?.(job) ?? correctedEmail ?? orderOf(job).buyer.email;
      if (standing.state === 'accepted') {
        return { kind: 'done', evidence: { already_accepted_at: standing.acceptedAt.toISOString() } };
      }
      if (standing.state === 'superseded') return { kind: 'skip', reason: 'address_corrected' };
      if (standing.state === 'queued') {
        const { mail, ambiguities, unansweredForMs } = standing;
        // Before anything is announced or sent again, the open question of the last attempt is settled; unless it is
        // not sent again, which is decided under lock with its intent.
        if (unansweredForMs !== null && mail.to === to) {
          const unanswered = { messageId: mail.messageId, ambiguities, unansweredForMs };
          const evidence = await sending.settleUnanswered(unanswered, signal);
          if (evidence) return { kind: 'done', evidence };
        }
        const repeats = unansweredForMs !== null;
        return { kind: 'ready', prepared: { logicalKey, mail, rendered: null, repeats } };
      }
      const contents = await contentsOf(job, { logicalKey, to, correctedEmail });
      if (!contents) return { kind: 'skip', reason: 'nothing_owned' };
      const rendered = await renderer.render(contents);
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

  /** Undefined when the buyer owns nothing any more that the mail could be about. */
  async function contentsOf(
    job: JobView,
    { logicalKey, to, correctedEmail }: { logicalKey: string; to: string; correctedEmail: string | null },
  ): Promise<MailRequest | undefined> {
    const order = orderOf(job);
    const buyer = { ...order.buyer, email: correctedEmail ?? order.buyer.email };
    const { kind } = shape;
    const about = { logicalKey, kind, to, paymentId: paymentOf(job).id };
    if (kind === 'address_changed')
      return { ...about, order: { ...order, buyer }, receipt: null, entitlements: [] };
    const [receipt, entitlements] = await Promise.all([
      kind === 'receipt' ? options.receipts.read(about.paymentId) : null,
      options.entitlements.ofPayment(about.paymentId),
    ]);
    if (receipt === undefined) {
      throw new Fault({
        kind: 'transient',
        reason: 'receipt_missing',
        message: 'The receipt is not readable yet.',
      });
    }
    const owned = entitlements.filter(({ state }) => state !== 'revoked');
    if (entitlements.length > 0 && owned.length === 0) return undefined;
    const taken = new Set(entitlements.filter((one) => !owned.includes(one)).map(({ lineNo }) => lineNo));
    const lines = order.lines.filter(({ lineNo }) => !taken.has(lineNo));
    return {
      ...about,
      order: { ...order, buyer, lines },
      receipt: receipt?.document ?? null,
      entitlements: owned.map(({ entitlementId, lineNo, state }) => ({
        entitlementId,
        lineNo,
        formats: lines.find((line) => line.lineNo === lineNo)?.formats ?? [],
        filesReady: state !== 'processing',
      })),
    };
  }
}
