import { Fault } from '../domain/fault.ts';
import type { OrderLine } from '../domain/order.ts';
import { defaultRetryPolicy } from '../domain/retryPolicy.ts';
import type { MailKind, MailStanding } from '../ports/mailLedger.ts';
import type {
  ClaimToTell,
  MailRenderer,
  MailRequest,
  MailSending,
  PreparedMail,
} from '../ports/mailSending.ts';
import type { EntitlementStore, ReceiptStore } from '../ports/orders.ts';
import type { NoticeToTell } from '../ports/settling.ts';
import { effectRef, type Held, type JobView, type OutsideStep } from '../ports/step.ts';
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

interface MailStepCommon {
  step: string;
  /** Why this mail need not be sent at all. */
  notNeeded?(job: JobView): Promise<string | undefined>;
  /** The first that the buyer hears of a purchase, by itself: it must not come out of the blue. */
  isFirst?: true;
  /** Whom it goes to; the buyer, unless it says otherwise. */
  toOf?(job: JobView): string;
}

/** One mail of a kind, or one for each notice. */
type MailStepShape = MailStepCommon &
  (
    | { kind: MailKind; keyOf(job: JobView): string }
    | {
        kind: MailKind;
        keyOf(job: JobView): string;
        /** With which the mail is about claiming; asked when it is rendered. */
        claimOf(job: JobView, signal: AbortSignal): Promise<ClaimToTell>;
      }
    | {
        keysOf(job: JobView): string[];
        noticeOf(job: JobView, paymentId: string, logicalKey: string): Promise<NoticeToTell>;
      }
  );

/** A step that sends logical mails, one per effect. Proof: the provider's durable acceptance. Twice: the ledger knows the mail. */
export function createMailStep(options: MailStepOptions, shape: MailStepShape): OutsideStep<PreparedForStep> {
  const { sending, renderer } = options;

  return {
    kind: 'outside',
    name: shape.step,
    version: 1,
    timeoutMs: options.timeoutMs,
    retry: defaultRetryPolicy,

    effects: (job) => {
      const [provider, ...otherwise] = sending.providers;
      return keysOf(job).map((key) => ({ key, provider, otherwise }));
    },

    async prepare(job, effect, { signal, now }) {
      const logicalKey = effect.key;
      if (job.payment?.erased) return { kind: 'skip', reason: 'buyer_forgotten' };
      const reason = await shape.notNeeded?.(job);
      if (reason) return { kind: 'skip', reason };
      const known = await sending.look(logicalKey, paymentOf(job).id, {
        to: shape.toOf?.(job) ?? orderOf(job).buyer.email,
        always: shape.toOf !== undefined,
      });
      const { standing, correctedEmail } = known;
      const to = shape.toOf?.(job) ?? correctedEmail ?? orderOf(job).buyer.email;
      if (standing.state === 'accepted') {
        return { kind: 'done', evidence: { already_accepted_at: standing.acceptedAt.toISOString() } };
      }
      if (standing.state === 'superseded') return { kind: 'skip', reason: 'address_corrected' };
      if (standing.state === 'dropped') return { kind: 'skip', reason: 'dropped_by_person' };
      const paidAgoMs = shape.isFirst ? now.getTime() - Date.parse(orderOf(job).paidAt) : null;
      if (standing.state === 'queued') {
        const { kind, mail, unanswered: attempt, refusals, hold } = standing;
        let repeats = attempt?.latest ?? false;
        // Before anything is announced or sent again, the open question of an attempt is settled, whatever later ones
        // came to; unless it is not sent again, which is decided under lock with its intent.
        if (attempt !== null && mail.to === to) {
          const unanswered = { kind, messageId: mail.messageId, attempt };
          const settled = await sending.settleUnanswered(unanswered, signal);
          if (settled.kind === 'taken') return { kind: 'done', evidence: settled.evidence };
          repeats = settled.repeats;
        }
        // After a restore it may have gone out at a time that this database knows nothing of.
        if (hold?.reason === 'restore_mode' && attempt === null) {
          const evidence = await sending.findEarlier(mail.messageId, signal);
          if (evidence) return { kind: 'done', evidence };
        }
        const held = await stillHeld(hold);
        if (held) return held;
        const through = sending.route(known, effect);
        if (through) return through;
        const others = attempt === null ? saidOf(refusals) : null;
        return { kind: 'ready', prepared: { logicalKey, mail, rendered: null, repeats, paidAgoMs, others } };
      }
      const through = sending.route(known, effect);
      if (through) return through;
      const contents = await contentsOf(job, { logicalKey, to, correctedEmail, signal });
      if (!contents) return { kind: 'skip', reason: 'nothing_owned' };
      const rendered = await renderer.render(contents);
      const others = saidOf([]);
      return {
        kind: 'ready',
        prepared: { logicalKey, mail: rendered, rendered, repeats: false, paidAgoMs, others },
      };
    },

    async intend(tx, rows) {
      const refused = await sending.intend(
        tx,
        rows.map(({ job, effect, prepared, leaseToken }) => ({
          prepared,
          provider: effect.provider,
          leaseToken,
          jobId: job.jobId,
          step: shape.step,
        })),
      );
      return new Map(
        rows.flatMap(({ job, prepared }) => {
          const reason = refused.get(prepared.logicalKey);
          return reason ? [[effectRef(job.jobId, prepared.logicalKey), reason]] : [];
        }),
      );
    },

    make: ({ job, effect, prepared }, { signal }) =>
      sending.send(prepared, { jobId: job.jobId, provider: effect.provider }, signal),
    record: (tx, rows) =>
      sending.recordAccepted(
        tx,
        rows.map(({ effect, evidence }) => ({ logicalKey: effect.key, evidence })),
      ),
    recordFault: (tx, rows) =>
      sending.recordFaults(
        tx,
        rows.map(({ effect, fault }) => ({ logicalKey: effect.key, provider: effect.provider, fault })),
      ),
  };

  /**
   * A mail that was stopped waits on, without being announced again. One that was not is stopped with its intent, which
   * knows the gate as it is by then.
   */
  async function stillHeld(hold: QueuedStanding['hold']): Promise<Held | undefined> {
    if (hold === null) return undefined;
    const reason = await sending.heldBy();
    if (reason !== hold.reason || (hold.released && reason !== 'shadow_mode')) return undefined;
    return { kind: 'hold', reason };
  }

  function keysOf(job: JobView): string[] {
    return 'keysOf' in shape ? shape.keysOf(job) : [shape.keyOf(job)];
  }

  /** Undefined when the buyer owns nothing any more that the mail could be about. */
  async function contentsOf(
    job: JobView,
    { logicalKey, to, correctedEmail, signal }: Addressed,
  ): Promise<MailRequest | undefined> {
    const resolved = orderOf(job);
    const buyer = { ...resolved.buyer, email: correctedEmail ?? resolved.buyer.email };
    const order = { ...resolved, buyer };
    const paymentId = paymentOf(job).id;
    const about = { logicalKey, to, paymentId, receipt: null };
    if ('noticeOf' in shape) {
      // It tells of all lines, and has links to what the buyer has of them.
      const notice = await shape.noticeOf(job, paymentId, logicalKey);
      const owned = (await options.entitlements.ofPayment(paymentId)).filter(isOwned);
      const { kind } = notice.notice;
      // Who gets back what was taken may have lost the first mail with it.
      const receipt =
        kind === 'access_restored' ? ((await options.receipts.read(paymentId))?.document ?? null) : null;
      return { ...about, kind, order, notice, receipt, entitlements: owned.map(linkedIn(order.lines)) };
    }
    const { kind } = shape;
    if (kind === 'address_changed' || kind === 'profiles_merged')
      return { ...about, kind, order, entitlements: [] };
    const [receipt, entitlements] = await Promise.all([
      kind === 'receipt' ? options.receipts.read(paymentId) : null,
      options.entitlements.ofPayment(paymentId),
    ]);
    if (receipt === undefined) {
      throw new Fault({
        kind: 'transient',
        reason: 'receipt_missing',
        message: 'The receipt is not readable yet.',
      });
    }
    const owned = entitlements.filter(isOwned);
    if (entitlements.length > 0 && owned.length === 0) return undefined;
    const taken = new Set(entitlements.filter((one) => !isOwned(one)).map(({ lineNo }) => lineNo));
    const lines = order.lines.filter(({ lineNo }) => !taken.has(lineNo));
    return {
      ...about,
      kind,
      order: { ...order, lines },
      receipt: receipt?.document ?? null,
      entitlements: 'claimOf' in shape ? [] : owned.map(linkedIn(lines)),
      ...('claimOf' in shape && { claim: await shape.claimOf(job, signal) }),
    };
  }
}

interface Addressed {
  logicalKey: string;
  to: string;
  correctedEmail: string | null;
  signal: AbortSignal;
}

const saidOf = (refusals: QueuedStanding['refusals']) => ({
  refused: refusals.map(({ provider }) => provider),
  refusedForGood: refusals.filter(({ final }) => final).map(({ provider }) => provider),
});

type QueuedStanding = Extract<MailStanding, { state: 'queued' }>;

type Entitled = Awaited<ReturnType<EntitlementStore['ofPayment']>>[number];

const isOwned = ({ state }: Entitled) => state !== 'revoked';

const linkedIn =
  (lines: readonly OrderLine[]) =>
  ({ entitlementId, lineNo, state }: Entitled) => ({
    entitlementId,
    lineNo,
    formats: lines.find((line) => line.lineNo === lineNo)?.formats ?? [],
    filesReady: state !== 'processing',
  });
