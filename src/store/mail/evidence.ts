import type pg from 'pg';
import { Fault } from '../../domain/fault.ts';
import type { DeliveryEvidence } from '../../ports/deliveryEvidence.ts';
import type { EvidenceNoted, LateMatches } from '../../ports/evidenceDesk.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { passingFault } from '../operations/passingFault.ts';
import { inTransaction, queryIn } from '../transaction.ts';
import { matchEvidence, parkedDueNow, parkedFor } from './evidenceMatch.ts';
import { applyEvidence } from './evidenceOutcome.ts';
import { countedEvidence, insertEvidence } from './evidenceRows.ts';
import { letWait, putOff } from './evidenceTimes.ts';

/**
 * Keeps evidence, each piece once, and draws its consequences. What is about no mail that is known to have gone out
 * waits, and so does what cannot be worked on: it must not keep a source from being read. The transaction must not hold
 * mails or jobs before.
 */
export async function noteEvidence(
  tx: Transaction,
  evidence: readonly DeliveryEvidence[],
): Promise<EvidenceNoted> {
  const heard = await insertEvidence(tx, evidence);
  const told = await settleApart(
    tx,
    heard.map(({ id }) => id),
  );
  return { heard: countedEvidence(heard), ...told };
}

/**
 * Evidence that waited for these mails finds them. For whoever records that mails were taken, holding their jobs'
 * dispatch rows; costs one look when nothing waits. What cannot be worked on waits on.
 */
export async function matchParked(tx: Transaction, logicalKeys: readonly string[]): Promise<void> {
  if (logicalKeys.length > 0) await settleApart(tx, await parkedFor(tx, logicalKeys));
}

const lateAtOnce = 500;

/**
 * The same for what waits and is due: an acceptance and its evidence may have been written side by side. What fails is
 * tried by itself, later each time.
 */
export async function matchLate(pool: pg.Pool): Promise<LateMatches> {
  const due = await parkedDueNow(pool, lateAtOnce);
  const isFull = due.length === lateAtOnce;
  if (due.length === 0) return { heard: [], matched: 0, woken: 0, isFull, failed: [] };
  const settleIn = (ids: readonly string[]) =>
    inTransaction(pool, (tx) => settle(tx, ids)).catch((error: unknown) => {
      throw passingFault(error);
    });
  const told = await settleIn(due).catch((error: unknown) => {
    if (isAway(error)) throw error;
    return oneByOne(due, settleIn);
  });
  const failed = 'failed' in told ? told.failed : [];
  if (failed.length > 0)
    await putOff(
      pool,
      failed.map(({ id }) => id),
    );
  const failedIds = new Set(failed.map(({ id }) => id));
  await letWait(
    pool,
    due.filter((id) => !failedIds.has(id)),
  );
  const { matched, woken } = told;
  return { heard: [], matched, woken, isFull, failed: failed.map(({ error }) => error) };
}

type Settled = Pick<EvidenceNoted, 'matched' | 'woken'>;

async function oneByOne(ids: readonly string[], settleIn: (ids: readonly string[]) => Promise<Settled>) {
  const told = { matched: 0, woken: 0, failed: [] as Array<{ id: string; error: unknown }> };
  for (const id of ids) {
    try {
      const { matched, woken } = await settleIn([id]);
      told.matched += matched;
      told.woken += woken;
    } catch (error) {
      if (isAway(error)) throw error;
      told.failed.push({ id, error });
    }
  }
  return told;
}

const isAway = (error: unknown) => error instanceof Fault && error.reason === 'database_unavailable';

/** Where it fails by itself, the rest of the transaction stands. */
async function settleApart(tx: Transaction, evidenceIds: readonly string[]): Promise<Settled> {
  if (evidenceIds.length === 0) return { matched: 0, woken: 0 };
  await queryIn(tx, 'savepoint before_evidence');
  try {
    const told = await settle(tx, evidenceIds);
    await queryIn(tx, 'release savepoint before_evidence');
    return told;
  } catch (error) {
    if (passingFault(error) instanceof Fault) throw error;
    await queryIn(tx, 'rollback to savepoint before_evidence');
    return { matched: 0, woken: 0 };
  }
}

async function settle(tx: Transaction, evidenceIds: readonly string[]): Promise<Settled> {
  const matched = await matchEvidence(tx, evidenceIds);
  return { matched: matched.length, woken: await applyEvidence(tx, matched) };
}
