import { isHeldReason } from '../../domain/heldReasons.ts';
import { reachableSteps, statusOf, type StepStatuses } from '../../domain/job.ts';
import { may, type Permission, type Role } from '../../domain/permissions.ts';
import type { Dossier } from '../../ports/orderDossier.ts';
import { ordersOwn } from '../buyers/orderUnderLock.ts';
import { ownMailStep } from '../buyers/ownMail.ts';

/** Something that makes sense now, and how to do it. */
export interface NextAction {
  operation: string;
  /** What it does here. */
  what: string;
  /** The line of the command line that does it; `<…>` is for people to fill in. */
  cli: string;
}

interface Offer extends Omit<NextAction, 'operation'> {
  operation: Permission;
  makesSense: boolean;
}

const reason = '--reason "<why>"';

/** What makes sense for the job as it is, for somebody with these roles: the most likely first. */
export function nextActions(
  dossier: Dossier,
  { steps, leased, roles }: { steps: StepStatuses; leased: boolean; roles: readonly Role[] },
): NextAction[] {
  return [...jobOffers(dossier, steps, leased), ...buyerOffers(dossier), ...alertOffers(dossier)]
    .filter(({ operation, makesSense }) => makesSense && may(roles, operation))
    .map(({ operation, what, cli }) => ({ operation, what, cli }));
}

function jobOffers({ job }: Dossier, steps: StepStatuses, leased: boolean): Offer[] {
  const { state, plan } = job;
  const on = (verb: string, rest = '') =>
    `fulfillment orders ${verb} ${job.jobId} --version ${job.version}${rest && ` ${rest}`}`;
  const failed = job.steps.filter((step) => step.state === 'failed').map(({ step }) => step);
  const waiting = (plan ? reachableSteps(plan, steps) : [])
    .map(({ name }) => name)
    .filter((name) => statusOf(steps, name).dueAt !== null);
  const stuck = [...new Set([...failed, ...waiting])];
  const stands = state === 'held' || state === 'cancelled';
  const retriable = !stands && !leased && (stuck.length > 0 || state === 'blocked');
  const asks = job.steps.some(({ reason: why }) => why === 'refund_unattributed');
  return [
    {
      operation: 'refund:attribute',
      makesSense: job.kind === 'settle' && state === 'blocked' && asks,
      what: 'say which lines the refund is for, or that it is money only',
      cli: on('attribute-refund', `--refund <re_…> --lines <numbers or none> ${reason}`),
    },
    {
      operation: 'job:retry',
      makesSense: retriable,
      what: 'try again at once whatever has failed or waits',
      cli: on('retry'),
    },
    ...(stuck.length > 1 ? stuck : []).map((step): Offer => ({
      operation: 'step:retry',
      makesSense: retriable,
      what: `try ${step} again at once, and nothing else`,
      cli: on('retry', `--step ${step}`),
    })),
    {
      operation: 'job:release',
      makesSense: stands && !isHeldReason(job.reason),
      what: 'go on with it where it stopped',
      cli: on('release', reason),
    },
    {
      operation: 'job:hold',
      makesSense: state === 'open' || state === 'blocked',
      what: 'stop work on it until it is released',
      cli: on('hold', reason),
    },
    {
      operation: 'job:cancel',
      makesSense: state !== 'completed' && state !== 'cancelled',
      what: 'end it for good; what is done stays done',
      cli: on('cancel', reason),
    },
  ];
}

/** Jobs that send links because somebody has asked for them: there is one at a time. */
const linkMailJobs = ['resend_receipt', 'send_links'];

/** The order's own mail must be over before another one is asked for, or be one whose outcome nobody can tell. */
function buyerOffers({ job, entitlements, surroundings }: Dossier): Offer[] {
  const { payment } = job;
  if (!ordersOwn.includes(job.kind) || !payment) return [];
  const on = (verb: string, rest = '') =>
    `fulfillment orders ${verb} ${job.jobId} --version ${job.version}${rest && ` ${rest}`}`;
  const owed = payment.paid && payment.facts['taken_back'] !== true;
  const ownStep = job.plan ? ownMailStep({ plan: job.plan }) : 'email';
  const own = job.steps.find(({ step }) => step === ownStep);
  const mailOver = ownStep === undefined || own?.state === 'done' || own?.state === 'skipped';
  const nobodyKnows = own?.state === 'blocked' && own.reason === 'mail_outcome_unknown';
  const keepsSomething = entitlements.length === 0 || entitlements.some(({ state }) => state !== 'revoked');
  const onItsWay = surroundings.relatedJobs.some(
    ({ kind, state }) => state === 'open' && linkMailJobs.includes(kind),
  );
  const mails = owed && job.order !== null && keepsSomething && !onItsWay;
  const asking = surroundings.relatedJobs.find(
    ({ kind, state, reason: why }) =>
      kind === 'settle' && state === 'blocked' && why === 'refund_unattributed',
  );
  return [
    {
      operation: 'refund:attribute',
      makesSense: asking !== undefined,
      what: 'say which lines the refund is for, or that it is money only',
      cli: `fulfillment orders attribute-refund ${asking?.jobId ?? ''} --refund <re_…> --lines <numbers or none> ${reason}`,
    },
    {
      operation: 'receipt:resend',
      makesSense: mails && job.receipt !== null && (mailOver || nobodyKnows),
      what: 'send receipt and links once more',
      cli: on('resend-receipt'),
    },
    {
      operation: 'links:reissue',
      makesSense: mails && mailOver,
      what: 'end the links in the mails, and send new ones',
      cli: on('reissue-links'),
    },
    {
      operation: 'downloads:extend',
      makesSense: owed && entitlements.some(({ links }) => links.length > 0),
      what: 'let the links work again, or longer',
      cli: on('extend-downloads', '--days 7'),
    },
    {
      operation: 'email:correct',
      makesSense: job.state !== 'cancelled',
      what: 'correct the address; mails, links and books go to the new one',
      cli: on('set-recipient', `--email <address> ${reason}`),
    },
    {
      operation: 'entitlement:revoke',
      makesSense: owed && entitlements.some(({ state }) => state !== 'revoked'),
      what: 'take the books away',
      cli: on('revoke', reason),
    },
    {
      operation: 'buyer:reveal',
      makesSense: job.order !== null,
      what: 'show one masked field of the buyer for a minute',
      cli: `fulfillment orders reveal ${job.jobId} --field email ${reason}`,
    },
  ];
}

const alertOffers = ({ surroundings }: Dossier): Offer[] =>
  surroundings.alerts
    .filter(({ state }) => state === 'open')
    .map(({ alertId, version, rule }) => ({
      operation: 'alert:acknowledge',
      makesSense: true,
      what: `say that you look into the alert ${rule}`,
      cli: `fulfillment alerts ack ${alertId} --version ${version} ${reason}`,
    }));
