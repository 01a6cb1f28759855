import { z } from 'zod';
import { entitlementState } from '../../domain/entitlement.ts';
import type { BuyerControl, OwnedLine, StateMove } from '../../ports/buyerControl.ts';
import type { LockedJob } from '../../ports/jobControl.ts';
import type { Transaction } from '../../ports/transaction.ts';
import type { ChangeOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import { jobInput, jobOutput } from '../jobs/jobInput.ts';
import type { BuyerOperationsOptions } from './askForMail.ts';
import { insistOnPaid, lockOrder, resolvedOrder } from './orderUnderLock.ts';
import { askForOwedMail } from './owedMail.ts';

const input = z.strictObject({
  ...jobInput,
  lineNo: z.int().positive().optional().describe('The line of the order; all of them without it.'),
  undo: z.boolean().optional().describe('True: gives back what was taken away by this operation.'),
});
const output = z.strictObject({
  ...jobOutput,
  lines: z.array(z.int()).describe('The lines that were taken away, or given back.'),
  mailJobId: z
    .string()
    .nullable()
    .describe(
      'The job that brings what was given back to an address that lacks it; null when it lacks nothing.',
    ),
});

/**
 * Takes books away, or gives them back. The decision is kept with the payment's facts, of which every right is a
 * function: no step grants what was taken away here. Mails are left out while nothing is owned, so giving back asks for
 * what the buyer has not had.
 */
export function createRevokeEntitlement(
  options: BuyerOperationsOptions,
): ChangeOperation<z.infer<typeof input>, z.infer<typeof output>> {
  const { jobs, buyers } = options;
  return {
    kind: 'change',
    name: 'entitlement:revoke',
    permission: 'entitlement:revoke',
    summary: 'Take the books of an order away, or one of them; with undo, give them back',
    path: '/jobs/:jobId/revoke',
    reason: 'required',
    input,
    output,
    target: ({ jobId }) => ({ kind: 'job', id: jobId }),
    async change(tx, given, by) {
      const locked = await lockOrder(jobs, tx, given);
      const { job, payment } = locked;
      insistOnPaid(locked);
      const { undo = false, lineNo } = given;
      const before = new Set(await buyers.revokedLines(tx, payment.id));
      const order = resolvedOrder(locked);
      const ordered = order.lines.map((line) => line.lineNo);
      const lines = linesMeant(ordered, before, { lineNo, undo });
      const after = new Set(
        undo ? [...before].filter((line) => !lines.includes(line)) : [...before, ...lines],
      );
      await buyers.setRevokedLines(
        tx,
        payment.id,
        [...after].toSorted((one, other) => one - other),
      );
      const owned = await buyers.ownedLines(tx, payment.id);
      await decideAnew(buyers, tx, owned, { payment, lines, revoked: after, undo });
      const mailJobId = undo
        ? await askForOwedMail(options, tx, {
            of: locked,
            mails: await buyers.mailsOf(tx, payment.id),
            order: order.whole,
            actor: by.actor,
            inDoubt: owned.length > 0 && owned.every(({ state }) => state === 'revoked'),
          })
        : null;
      const version = await jobs.decide(tx, job, {
        due: 'keep',
        event: {
          kind: undo ? 'entitlement.restored' : 'entitlement.revoked',
          step: null,
          data: { lines, ...(mailJobId !== null && { mail_job: mailJobId }) },
        },
        actor: by.actor,
      });
      return {
        output: { jobId: job.jobId, version, state: job.state, lines, mailJobId },
        before: { version: job.version, revokedLines: [...before] },
        after: { version, revokedLines: [...after] },
        details: { lines, undo, mailJobId },
        work: mailJobId !== null,
      };
    },
  };
}

function linesMeant(
  ordered: number[],
  revoked: ReadonlySet<number>,
  { lineNo, undo }: { lineNo: number | undefined; undo: boolean },
): number[] {
  if (lineNo !== undefined && !ordered.includes(lineNo))
    throw new Refusal({
      kind: 'invalid_input',
      code: 'unknown_line',
      field: 'lineNo',
      detail: `The order has no line ${lineNo}.`,
      remedy: `Its lines are: ${ordered.join(', ')}.`,
    });
  const meant = (lineNo === undefined ? ordered : [lineNo]).filter((line) => revoked.has(line) === undo);
  if (meant.length > 0) return meant;
  throw new Refusal({
    kind: 'wrong_state',
    code: undo ? 'not_revoked' : 'already_revoked',
    detail: undo ? 'Nothing of it was taken away by staff.' : 'It was taken away already.',
  });
}

/** States follow from the facts as they are now. Lines without a row yet are decided when they are granted. */
async function decideAnew(
  buyers: BuyerControl,
  tx: Transaction,
  owned: OwnedLine[],
  {
    payment,
    lines,
    revoked,
    undo,
  }: {
    payment: NonNullable<LockedJob['payment']>;
    lines: number[];
    revoked: ReadonlySet<number>;
    undo: boolean;
  },
): Promise<void> {
  const moves = owned
    .filter(({ lineNo }) => lines.includes(lineNo))
    .map((line): StateMove => stateOf(line, payment, revoked));
  await buyers.moveEntitlements(tx, moves, { reason: undo ? 'restored_by_staff' : 'revoked_by_staff' });
}

/** What a line is by the payment's facts, and by who owns it. */
export function stateOf(
  line: Pick<OwnedLine, 'entitlementId' | 'lineNo' | 'filesReady' | 'claimed'>,
  payment: Pick<NonNullable<LockedJob['payment']>, 'paid' | 'takenBack' | 'takenLines'>,
  revoked: ReadonlySet<number>,
): StateMove {
  const { entitlementId, lineNo, filesReady, claimed } = line;
  const { paid } = payment;
  const takenBack = payment.takenBack || payment.takenLines.includes(lineNo);
  const facts = { paid, takenBack, revoked: revoked.has(lineNo), filesReady, profileClaimed: claimed };
  return { entitlementId, state: entitlementState(facts) };
}
