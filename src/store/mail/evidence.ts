import type { DeliveryEvidence } from '../../ports/deliveryEvidence.ts';
import type { EvidenceNoted } from '../../ports/evidenceDesk.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { matchEvidence, parkedFor, parkedWithMails } from './evidenceMatch.ts';
import { applyEvidence } from './evidenceOutcome.ts';
import { type HeardEvidence, insertEvidence } from './evidenceRows.ts';

/**
 * Keeps evidence, each piece once, and draws its consequences. What is about no mail that is known to have gone out
 * waits. The transaction must not hold mails or jobs before.
 */
export async function noteEvidence(
  tx: Transaction,
  evidence: readonly DeliveryEvidence[],
): Promise<EvidenceNoted> {
  const heard = await insertEvidence(tx, evidence);
  const told = await settle(
    tx,
    heard.map(({ id }) => id),
  );
  return { heard: counted(heard), ...told };
}

/**
 * Evidence that waited for these mails finds them. For whoever records that mails were taken, holding their jobs'
 * dispatch rows; costs one look when nothing waits.
 */
export async function matchParked(tx: Transaction, logicalKeys: readonly string[]): Promise<void> {
  if (logicalKeys.length > 0) await settle(tx, await parkedFor(tx, logicalKeys));
}

const lateAtOnce = 500;

/** The same for all that waits: an acceptance and its evidence may have been written side by side. */
export async function matchLate(tx: Transaction): Promise<EvidenceNoted> {
  return { heard: [], ...(await settle(tx, await parkedWithMails(tx, lateAtOnce))) };
}

async function settle(
  tx: Transaction,
  evidenceIds: readonly string[],
): Promise<Pick<EvidenceNoted, 'matched' | 'woken'>> {
  const matched = await matchEvidence(tx, evidenceIds);
  return { matched: matched.length, woken: await applyEvidence(tx, matched) };
}

function counted(heard: readonly HeardEvidence[]): EvidenceNoted['heard'] {
  const counts = new Map<string, EvidenceNoted['heard'][number]>();
  for (const { source, kind } of heard) {
    const key = `${kind} ${source}`;
    const known = counts.get(key);
    if (known) known.count += 1;
    else counts.set(key, { source, kind, count: 1 });
  }
  return [...counts.values()];
}
