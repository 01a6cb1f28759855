import { Fault } from '../domain/fault.ts';
import { decimalText } from '../domain/money.ts';
import type { Order } from '../domain/order.ts';
import { defaultRetryPolicy } from '../domain/retryPolicy.ts';
import type {
  CreditNoteRenderer,
  CreditNoteToIssue,
  PaymentToSettle,
  SettleStore,
} from '../ports/settling.ts';
import type { CommitStep, JobView, JsonObject, StepOutcome } from '../ports/step.ts';
import { parseOrder, paymentOf } from './orderOf.ts';
import { type MoneyRead, moneyReadBy } from './readMoney.ts';
import { type Decided, decideSettlement, owedOf, type SettleRules } from './settling.ts';

export interface SettleOptions {
  store: SettleStore;
  renderer: Pick<CreditNoteRenderer, 'build' | 'seriesOf'>;
  rules: SettleRules;
}

/** A payment under lock, as its job sees it. */
interface Case {
  job: JobView;
  payment: PaymentToSettle;
  money: MoneyRead;
  order: Order | null;
}

/**
 * What refunds and disputes demand, in one transaction with the facts it follows from: rights, credit notes, and what the
 * buyer is to be told. Proof: the rows. Twice: the same facts demand nothing new.
 */
export function createSettle({ store, renderer, rules }: SettleOptions): CommitStep {
  return {
    kind: 'commit',
    name: 'settle',
    version: 1,
    retry: defaultRetryPolicy,
    async commit(tx, jobs) {
      const outcomes = new Map<string, StepOutcome>();
      const decided: Array<Case & { decision: Decided }> = [];
      for (const one of await lockCases(store, tx, jobs)) {
        const { job, payment, money, order } = one;
        if (payment.factsWanted > money.wanted) outcomes.set(job.jobId, factsMoved);
        else decided.push({ ...one, decision: decideSettlement(payment, { money, order, rules }) });
      }
      const papers: CreditNoteToIssue[] = [];
      for (const one of decided) {
        const wanted = wantedNotes(one);
        const refused = triedIn(wanted, renderer);
        if (!refused) papers.push(...wanted);
        outcomes.set(one.job.jobId, refused ?? outcomeOf(one));
        // The mail about a refund carries its credit note: without one it is not told yet.
        if (refused)
          one.decision.notices = one.decision.notices.filter(({ kind }) => kind.startsWith('access_'));
      }
      await store.write(
        tx,
        decided.map(({ decision }) => decision),
      );
      await store.issue(tx, papers, renderer);
      return outcomes;
    },
  };
}

const factsMoved = { kind: 'again', reason: 'facts_moved' } as const;

async function lockCases(
  store: Pick<SettleStore, 'lock'>,
  tx: Parameters<CommitStep['commit']>[0],
  jobs: JobView[],
): Promise<Case[]> {
  const locked = await store.lock(
    tx,
    jobs.map((job) => ({ jobId: job.jobId, paymentId: paymentOf(job).id })),
  );
  return jobs.map((job) => {
    const payment = locked.get(job.jobId);
    if (!payment) throw new Error('The payment of a job does not exist.');
    const raw = payment.fulfil?.order ?? null;
    return { job, payment, money: moneyReadBy(job), order: raw && parseOrder(raw) };
  });
}

function wantedNotes({ payment, decision: { papers } }: Case & { decision: Decided }): CreditNoteToIssue[] {
  const { receipt, creditNotes, paymentId } = payment;
  if (!receipt) return [];
  const earlier = creditNotes.map(({ document }) => document);
  return papers.map(({ refundId, kind, amount, lines }) => {
    const credit = creditNotes.find((note) => note.refundId === refundId && note.kind === 'credit');
    const reverses = kind === 'reversal' ? (credit?.document ?? null) : null;
    const request = {
      paymentId,
      refundId,
      kind,
      amount,
      lines,
      receipt: receipt.document,
      earlier,
      reverses,
    };
    return { receiptId: receipt.receiptId, request };
  });
}

/** Built once before any number is taken: what the receipt cannot bear must not leave a gap, nor hold up the rest. */
function triedIn(
  wanted: CreditNoteToIssue[],
  renderer: SettleOptions['renderer'],
): Extract<StepOutcome, { kind: 'block' }> | undefined {
  const before: CreditNoteToIssue['request']['earlier'] = [];
  try {
    for (const { request } of wanted) {
      const issuedAt = new Date(0);
      const issue = { series: renderer.seriesOf(issuedAt), number: 1, issuedAt };
      before.push(renderer.build({ ...request, earlier: [...request.earlier, ...before] }, issue));
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { kind: 'block', reason: error.reason, detail: error.message };
  }
}

function outcomeOf({ payment, decision, order }: Case & { decision: Decided }): StepOutcome {
  const { owed, waitMs, notices } = decision;
  if (waitMs !== null) {
    // What has failed is for people; until they have mended it there is nothing to wait for.
    if (payment.fulfil?.state === 'failed') return { kind: 'block', reason: 'fulfilment_failed' };
    return { kind: 'wait', afterMs: waitMs, reason: 'receipt_to_come' };
  }
  if (!payment.fulfil) return { kind: 'skip', reason: 'no_purchase' };
  const output: JsonObject = {
    refunded: owed.refunded,
    taken_back: owed.takenBack,
    taken_lines: owed.takenLines,
    tell: untold({ ...payment, notices: [...payment.notices, ...notices] }).slice(0, 1),
  };
  return { kind: 'done', output, ...(order && { order: order as unknown as JsonObject }) };
}

/** Notices that the job has not told yet, the oldest first. */
const untold = ({ notices, toldKeys }: Pick<PaymentToSettle, 'notices' | 'toldKeys'>): string[] =>
  notices.map(({ key }) => key).filter((key) => !toldKeys.includes(key));

/**
 * The end of a settlement: begun again where somebody has asked to look again meanwhile, or where more is to be told
 * (one mail after the other, so that they come in the order of what they tell). A question stops it here, when everything
 * else is done.
 */
export function createSettled({ store, rules }: Omit<SettleOptions, 'renderer'>): CommitStep {
  return {
    kind: 'commit',
    name: 'settled',
    version: 1,
    retry: defaultRetryPolicy,
    commit: async (tx, jobs) =>
      new Map(
        (await lockCases(store, tx, jobs)).map((one): [string, StepOutcome] => [
          one.job.jobId,
          endOf(one, rules),
        ]),
      ),
  };
}

function endOf({ payment, money, order }: Case, rules: SettleRules): StepOutcome {
  if (payment.factsWanted > money.wanted) return factsMoved;
  if (untold(payment).length > 0) return { kind: 'again', reason: 'more_to_tell' };
  const owed = owedOf(payment, { money, order, rules });
  const [question] = owed.questions;
  if (question === undefined || !order) return { kind: 'done' };
  return { kind: 'block', reason: 'refund_unattributed', detail: questionText(question, { money, order }) };
}

function questionText(refundId: string, { money, order }: { money: MoneyRead; order: Order }): string {
  const { currency } = order;
  const text = (amountMinor: number) => `${decimalText({ amountMinor, currency })} ${currency.toUpperCase()}`;
  const refund = money.refunds.find(({ id }) => id === refundId);
  const lines = order.lines.map(
    ({ lineNo, productId, total }) => `${lineNo}: ${productId} at ${text(total)}`,
  );
  return `Which lines is refund ${refundId} of ${text(refund?.amount ?? 0)} for? ${lines.join(', ')}; or none, money only.`;
}
