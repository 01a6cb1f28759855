import { bounceText } from '../../domain/bounces.ts';
import { toldState } from '../../domain/deliveryState.ts';
import { statusOf, type StepStatus, supportStatus } from '../../domain/job.ts';
import { maskAddressesIn, maskEmail, maskName, maskText } from '../../domain/masking.ts';
import { orderVerdict } from '../../domain/orderVerdict.ts';
import type { Role } from '../../domain/permissions.ts';
import type { Plan } from '../../domain/plan.ts';
import { keyText } from '../../domain/search/keys.ts';
import type { Dossier, DossierJob } from '../../ports/orderDossier.ts';
import { maskedObject } from './maskedJson.ts';
import { nextActions } from './nextActions.ts';
import type { ShownOrder } from './orderParts.ts';
import { type OrderBuyer, orderOf, type OrderSnapshot } from './orderSnapshot.ts';
import { showMoney } from './showMoney.ts';
import { showAround, showEntitlements, showMails } from './showSurroundings.ts';
import { attemptOf, effectOf, shownAttempts } from './shownAttempts.ts';

const iso = (at: Date | null) => at?.toISOString() ?? null;
const unknownPlan: Plan = { name: 'unknown', version: 0, steps: [] };

/** A dossier as people of these roles see it: buyers' data masked, times as text, a verdict on top. */
export function showDossier(dossier: Dossier, roles: readonly Role[]): ShownOrder {
  const { job } = dossier;
  const steps = new Map<string, StepStatus>(job.steps.map((row) => [row.step, row]));
  const order = orderOf(job.order);
  const receiptNumber = job.receipt && keyText({ kind: 'receipt', ...job.receipt });
  const leased = isLeased(job);
  return {
    verdict: maskAddressesIn(verdictOf(dossier, { steps, order, receiptNumber, leased })),
    jobId: job.jobId,
    version: job.version,
    kind: job.kind,
    state: job.state,
    status: job.plan ? supportStatus(job, job.plan, steps) : job.state,
    reason: job.reason,
    failedStep: job.failedStep,
    mailUnproven: job.mailUnproven,
    createdAt: job.createdAt.toISOString(),
    finishedAt: iso(job.finishedAt),
    heldAt: iso(job.heldAt),
    dueAt: leased ? null : iso(job.dispatch?.dueAt ?? null),
    worker: leased ? (job.dispatch?.worker ?? null) : null,
    sla: { deadline: job.slaDeadline.toISOString(), met: slaMet(job) },
    orderId: job.payment?.orderId ?? null,
    receipt:
      job.receipt && receiptNumber !== null
        ? { number: receiptNumber, issuedAt: job.receipt.issuedAt.toISOString() }
        : null,
    payment: shownPayment(job),
    money: showMoney(job.payment?.facts, dossier.money),
    buyer: order && maskedBuyer(order.buyer),
    order: order && shownLines(order),
    steps: shownSteps(job, steps),
    attempts: shownAttempts(dossier.attempts),
    mails: showMails(dossier.mails),
    entitlements: showEntitlements(dossier.entitlements),
    ...showAround(dossier.surroundings),
    timeline: dossier.timeline.map(({ at, data, ...line }) => ({
      ...line,
      at: at.toISOString(),
      data: maskedObject(data),
    })),
    olderBefore: dossier.hasOlder ? (dossier.timeline[0]?.seq ?? null) : null,
    nextActions: nextActions(dossier, { steps, leased, roles }),
  };
}

/** A lease that has run out is nobody's. */
const isLeased = ({ dispatch, now }: DossierJob) =>
  dispatch !== null && dispatch.worker !== null && dispatch.dueAt > now;

interface Read {
  steps: ReadonlyMap<string, StepStatus>;
  order: OrderSnapshot | null;
  receiptNumber: string | null;
  leased: boolean;
}

function verdictOf(dossier: Dossier, { steps, order, receiptNumber, leased }: Read): string {
  const { job, attempts, mails, surroundings } = dossier;
  const told = (step: string, effectKey: string | null, reason: string) =>
    attempts
      .filter((line) => line.step === step && (effectKey === null || effectOf(line) === effectKey))
      .map(attemptOf)
      .findLast((attempt) => attempt.reason === reason)?.detail ?? null;
  const takenBack = job.payment?.facts['taken_back'] === true;
  return orderVerdict({
    ...job,
    plan: job.plan ?? unknownPlan,
    steps,
    payment: job.payment && { paid: job.payment.paid, takenBack },
    receiptNumber,
    receiptSent: mails.some(({ kind, state }) => kind === 'receipt' && state === 'accepted'),
    receiptBounced: bouncedReceipt(mails),
    storedFiles: surroundings.files.length,
    lines: order?.lines.length ?? 0,
    besides: surroundings.relatedJobs,
    told,
    leased,
    dueAt: job.dispatch?.dueAt ?? null,
    forgottenAt: job.payment?.erasedAt ?? null,
  });
}

/** Why no receipt has stayed with the buyer; null when one has, or none came back. */
function bouncedReceipt(mails: Dossier['mails']): string | null {
  const receipts = mails.filter(({ kind, acceptedAt }) => kind === 'receipt' && acceptedAt !== null);
  const last = receipts.at(-1);
  if (last === undefined || receipts.some(({ delivery }) => delivery !== 'bounced')) return null;
  const bounce = last.evidence.findLast(({ kind, permanence }) => toldState(kind, permanence) === 'bounced');
  return bounceText(bounce ?? { cause: 'unknown' });
}

/** Failed is too late however early it failed; what is held or cancelled has no clock that runs. */
function slaMet({ state, slaDeadline, finishedAt, now }: DossierJob): boolean | null {
  if (state === 'held' || state === 'cancelled') return null;
  if (state === 'failed') return false;
  if (state === 'completed') return finishedAt !== null && finishedAt <= slaDeadline;
  return now > slaDeadline ? false : null;
}

/** Facts that are no buyer's data. Others may come to be kept there and are not shown until they are named here. */
const shownFacts = [
  'charge_id',
  'taken_back',
  'revoked_lines',
  'refunds',
  'refunded',
  'received',
  'taken_lines',
  'refund_lines',
  'disputes',
  'disputed',
  'adopted',
];

function shownPayment({ payment }: DossierJob): ShownOrder['payment'] {
  if (!payment) return null;
  const { facts, paidAt, erasedAt, orderId: _orderId, ...rest } = payment;
  const named = Object.entries(facts).filter(([name]) => shownFacts.includes(name));
  return {
    ...rest,
    paidAt: iso(paidAt),
    erasedAt: iso(erasedAt),
    takenBack: facts['taken_back'] === true,
    facts: maskedObject(Object.fromEntries(named)),
  };
}

function maskedBuyer(buyer: OrderBuyer): NonNullable<ShownOrder['buyer']> {
  return {
    email: maskEmail(buyer.email),
    name: buyer.name && maskName(buyer.name),
    company: buyer.company && maskText(buyer.company),
    taxIds: buyer.taxIds.map(({ type, value }) => ({ type, value: maskText(value) })),
    country: buyer.address?.country ?? null,
    language: buyer.language,
  };
}

function shownLines({ currency, lines, subtotal, discount, tax, total }: OrderSnapshot): ShownOrder['order'] {
  return { currency, lines, subtotal, discount, tax, total };
}

/** In the plan's order; what the plan does not name stands behind. */
function shownSteps({ plan, steps: rows, effects }: DossierJob, steps: ReadonlyMap<string, StepStatus>) {
  const planned = plan?.steps ?? [];
  const unplanned = rows.filter(({ step }) => !planned.some(({ name }) => name === step));
  const all = [
    ...planned,
    ...unplanned.map(({ step }) => ({ name: step, needs: [] as string[], holds: true })),
  ];
  return all.map(({ name, needs, holds }) => {
    const { state, attempts, dueAt, reason } = statusOf(steps, name);
    const updatedAt = rows.find(({ step }) => step === name)?.updatedAt ?? null;
    return {
      step: name,
      state,
      holds,
      needs,
      attempts,
      dueAt: iso(dueAt),
      reason,
      updatedAt: iso(updatedAt),
      effects: effects
        .filter((effect) => effect.step === name)
        .map(({ effectKey, state: effectState, skipped, ...effect }) => ({
          effect: effectKey,
          state: effectState,
          skipped,
          attempts: effect.attempts,
          dueAt: iso(effect.dueAt),
          reason: effect.reason,
          updatedAt: effect.updatedAt.toISOString(),
        })),
    };
  });
}
