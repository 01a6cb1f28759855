import { effectRef, type IntentRow, type NotMade, type OutsideStep, type ReadStep } from '../ports/step.ts';
import type { Transaction } from '../ports/transaction.ts';
import type { Entry } from './entry.ts';
import { callHook } from './faults.ts';

type Intent = Extract<Entry, { kind: 'intent' }>;
type Effect = Extract<Entry, { kind: 'effect' }>;

/** Lets steps write what belongs to their intents, set-wise. Returns the intents that are not to be made, and why. */
export async function callIntents(tx: Transaction, entries: Entry[]): Promise<Map<Entry, NotMade>> {
  const notOwed = new Map<Entry, NotMade>();
  const intents = entries.filter((entry): entry is Intent => entry.kind === 'intent');
  for (const [step, mine] of groupBy(intents)) {
    if (!step.intend) continue;
    const rows: IntentRow<unknown>[] = mine.map((entry) => ({
      job: entry.run.view,
      effect: entry.effect,
      prepared: entry.prepared,
      leaseToken: entry.run.lease.token,
      attempt: entry.attempt,
    }));
    const refused = await callHook(step, () => step.intend?.(tx, rows));
    for (const entry of mine) {
      const { jobId } = entry.run.lease;
      const reason = refused?.get(effectRef(jobId, entry.effect.key)) ?? refused?.get(jobId);
      if (reason !== undefined) notOwed.set(entry, reason);
    }
  }
  return notOwed;
}

/** Lets steps write what belongs to their results, set-wise. */
export async function callRecords(tx: Transaction, entries: Entry[]): Promise<void> {
  for (const [step, mine] of groupBy(entries.filter((entry) => entry.kind === 'step')))
    await recordReads(tx, step, mine);
  for (const [step, mine] of groupBy(entries.filter((entry): entry is Effect => entry.kind === 'effect'))) {
    await recordEffects(tx, step, mine);
  }
}

async function recordReads(
  tx: Transaction,
  step: ReadStep,
  entries: Array<Extract<Entry, { kind: 'step' }>>,
): Promise<void> {
  if (!step.record) return;
  const rows = entries.flatMap(({ run, outcome }) =>
    outcome.kind === 'done'
      ? [{ job: run.view, output: outcome.output ?? {}, order: outcome.order ?? null }]
      : [],
  );
  if (rows.length) await callHook(step, () => step.record?.(tx, rows));
}

async function recordEffects(tx: Transaction, step: OutsideStep, entries: Effect[]): Promise<void> {
  if (!step.record && !step.recordFault) return;
  const done = entries.flatMap(({ run, effect, outcome }) =>
    outcome.kind === 'done' ? [{ job: run.view, effect, evidence: outcome.evidence }] : [],
  );
  const faults = entries.flatMap(({ run, effect, outcome, intended }) =>
    outcome.kind === 'fault' && intended ? [{ job: run.view, effect, fault: outcome.fault }] : [],
  );
  if (done.length) await callHook(step, () => step.record?.(tx, done));
  if (faults.length) await callHook(step, () => step.recordFault?.(tx, faults));
}

function groupBy<E extends { step: object }>(entries: E[]): Map<E['step'], E[]> {
  const groups = new Map<E['step'], E[]>();
  for (const entry of entries) {
    const group = groups.get(entry.step);
    if (group) group.push(entry);
    else groups.set(entry.step, [entry]);
  }
  return groups;
}
