import { z } from 'zod';
import { type EmailAddress, parseEmailAddress } from '../../domain/emailAddress.ts';
import type { MailOfOrder } from '../../ports/buyerControl.ts';
import type { JobDecision, LockedJob } from '../../ports/jobControl.ts';
import type { Transaction } from '../../ports/transaction.ts';
import type { By, Changed, ChangeOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import { jobInput, jobOutput } from '../jobs/jobInput.ts';
import { wrongState } from '../jobs/wrongState.ts';
import { triedAgain } from '../jobs/tryAgain.ts';
import type { BuyerOperationsOptions } from './askForMail.ts';
import { mailsAfterCorrection } from './mailsAfterCorrection.ts';
import { lockOrder, orderOf, type OrderUnderLock, type SeenOrder } from './orderUnderLock.ts';
import { ownMailSteps } from './ownMail.ts';
import { stateOf } from './revokeEntitlement.ts';

const input = z.strictObject({
  ...jobInput,
  email: z.string().max(512).describe('The right address, alone: no name beside it.'),
  confirmClaimed: z
    .boolean()
    .optional()
    .describe('True: whoever asks has proved that the shelf which owns the books now is theirs.'),
});
const output = z.strictObject({
  ...jobOutput,
  mailJobId: z
    .string()
    .nullable()
    .describe('The job that sends receipt and links to the new address; null when the order itself will.'),
  noticeJobId: z
    .string()
    .nullable()
    .describe('The job that tells the old address; null when there is none, or it takes no mail.'),
  endedLinks: z.int().describe('Links that work no more.'),
  movedEntitlements: z.int().describe('Books that have moved to the shelf of the new address.'),
  sentBefore: z.int().describe('Mails that had gone to the old address before.'),
  mayStillArrive: z
    .boolean()
    .describe('A mail to the old address is under way, or may have been: it may still arrive.'),
});
type Output = z.infer<typeof output>;

/**
 * The buyer’s address was wrong. Mails, links and books go to the right one from now on; both addresses are told. Steps
 * that decided on the old address decide again, for it is a fact of the payment (DESIGN law 5).
 */
export function createCorrectEmail(
  options: BuyerOperationsOptions,
): ChangeOperation<z.infer<typeof input>, Output> {
  const { jobs, buyers } = options;
  return {
    kind: 'change',
    name: 'email:correct',
    permission: 'email:correct',
    summary: 'Correct the address of an order: mails, links and books go to the new one, and both are told',
    path: '/jobs/:jobId/correct-email',
    reason: 'required',
    input,
    output,
    target: ({ jobId }) => ({ kind: 'job', id: jobId }),
    async change(tx, given, by) {
      const address = parsedAddress(given.email);
      const locked = await lockOrder(jobs, tx, given);
      // Its own mail would be given up, and nobody would write to the new address.
      if (locked.job.state === 'cancelled') throw wrongState(locked.job, 'given another address');
      const order = orderOf(locked);
      const current = order?.buyer.email ?? (await buyers.correctedEmail(tx, locked.payment.id));
      if (current !== null && parseEmailAddress(current)?.canonical === address.canonical)
        throw sameAddress();
      await buyers.correctEmail(tx, locked.payment.id, address.original);
      const asked = { address, by, confirmClaimed: given.confirmClaimed === true };
      return order
        ? correctResolved(options, tx, { locked, order, ...asked })
        : correctUnresolved(options, tx, locked, by);
    },
  };
}

/** Nothing has been made of the order yet: it is made with the address that was given. */
async function correctUnresolved(
  { jobs }: BuyerOperationsOptions,
  tx: Transaction,
  { job }: OrderUnderLock,
  by: By,
): Promise<Changed<Output>> {
  const mended = mend(job, new Set(['resolve_order']));
  const version = await jobs.decide(tx, job, {
    ...mended,
    event: { kind: 'email.corrected', step: null, data: { reopened: mended.state !== undefined } },
    actor: by.actor,
  });
  const state = mended.state?.state ?? job.state;
  return {
    output: {
      jobId: job.jobId,
      version,
      state,
      mailJobId: null,
      noticeJobId: null,
      endedLinks: 0,
      movedEntitlements: 0,
      sentBefore: 0,
      mayStillArrive: false,
    },
    before: { state: job.state, reason: job.reason, version: job.version },
    after: { state, version },
    work: true,
  };
}

interface Correction {
  locked: OrderUnderLock;
  order: SeenOrder;
  address: EmailAddress;
  by: By;
  confirmClaimed: boolean;
}

async function correctResolved(
  options: BuyerOperationsOptions,
  tx: Transaction,
  correction: Correction,
): Promise<Changed<Output>> {
  const { jobs, buyers } = options;
  const { locked, order, address, by } = correction;
  const { job, payment } = locked;
  const mails = await buyers.mailsOf(tx, payment.id);
  const movedEntitlements = await moveBooks(options, tx, correction);
  const endedLinks = await buyers.endLinks(tx, payment.id, 'all');
  const buyer = { ...order.buyer, email: address.original };
  const corrected = { ...order.whole, buyer };
  const wanted = await mailsAfterCorrection(options, tx, {
    of: locked,
    mails,
    formerEmail: order.buyer.email,
    corrected,
    actor: by.actor,
  });
  const mended = mend(job, ownMailSteps);
  const version = await jobs.decide(tx, job, {
    ...mended,
    order: corrected,
    event: {
      kind: 'email.corrected',
      step: null,
      data: {
        reopened: mended.state !== undefined,
        mail_job: wanted.mailJobId,
        notice_job: wanted.noticeJobId,
        ended_links: endedLinks,
        moved_entitlements: movedEntitlements,
      },
    },
    actor: by.actor,
  });
  const state = mended.state?.state ?? job.state;
  const told = { ...wanted, endedLinks, movedEntitlements, ...underWay(mails, order.buyer.email) };
  return {
    output: { jobId: job.jobId, version, state, ...told },
    before: { state: job.state, reason: job.reason, version: job.version },
    after: { state, version },
    details: told,
    work: true,
  };
}

/** Every book of the order goes to the profile of the new address, in the state that its owner makes of it. */
async function moveBooks(
  { buyers }: BuyerOperationsOptions,
  tx: Transaction,
  { locked: { payment }, order, address, confirmClaimed }: Correction,
): Promise<number> {
  const { name, language } = order.buyer;
  const { profileId, claimed } = await buyers.ensureOwner(tx, {
    canonicalEmail: address.canonical,
    email: address.original,
    name,
    language,
  });
  const lines = await buyers.ownedLines(tx, payment.id);
  if (!confirmClaimed && lines.some((line) => line.claimed)) throw claimedByOthers();
  const revoked = new Set(await buyers.revokedLines(tx, payment.id));
  const moves = lines.map((line) => stateOf({ ...line, claimed }, payment, revoked));
  await buyers.moveEntitlements(tx, moves, { reason: 'address_corrected', toProfile: profileId });
  return moves.length;
}

/** Steps that may have failed or waited because of the address try again at once, unless a worker is at them. */
function mend(
  job: LockedJob,
  names: ReadonlySet<string>,
): Pick<JobDecision, 'state' | 'steps' | 'effects' | 'due'> {
  const stands = job.state === 'held' || job.state === 'cancelled' || job.state === 'completed';
  const { steps, effects } = stands || job.leased ? { steps: [], effects: [] } : triedAgain(job, names);
  if (steps.length === 0 && effects.length === 0) return { due: 'keep' };
  const reopened =
    job.state === 'failed' ? { state: { state: 'open' as const, reason: null, failedStep: null } } : {};
  return { ...reopened, steps, effects, due: 'now' };
}

function underWay(mails: MailOfOrder[], formerEmail: string): Pick<Output, 'sentBefore' | 'mayStillArrive'> {
  const toOld = mails.filter(({ to }) => to === formerEmail);
  return {
    sentBefore: toOld.filter(({ state }) => state === 'accepted').length,
    mayStillArrive: toOld.some(({ state, unanswered }) => state !== 'accepted' && unanswered),
  };
}

function parsedAddress(text: string): EmailAddress {
  const address = parseEmailAddress(text);
  if (address) return address;
  throw new Refusal({
    kind: 'invalid_input',
    code: 'unusable_email',
    field: 'email',
    detail: 'This is not an address that mail can be sent to.',
    remedy: 'Give one plain address such as name@example.com, without a name or brackets around it.',
  });
}

const sameAddress = () =>
  new Refusal({
    kind: 'wrong_state',
    code: 'same_address',
    field: 'email',
    detail: 'The order has this address already; capital letters make no difference.',
    remedy: 'If the buyer lacks the mail, resend the receipt.',
  });

const claimedByOthers = () =>
  new Refusal({
    kind: 'wrong_state',
    code: 'old_profile_claimed',
    field: 'confirmClaimed',
    detail: 'The shelf that owns the books was claimed by somebody: they would lose them.',
    remedy: 'Have whoever asks prove that this shelf is theirs, then ask again with confirmClaimed.',
  });
