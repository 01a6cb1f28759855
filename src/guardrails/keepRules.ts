import { type GuardrailRule, guardrailRules } from '../domain/alertRules.ts';
import type { AlertBook } from '../ports/alertBook.ts';
import type { SentinelBook } from '../ports/alertDelivery.ts';
import type { DatabaseTruth } from '../ports/databaseTruth.ts';
import type { Telemetry } from '../ports/telemetry.ts';

export interface KeepRulesOptions {
  /** By a reader that sees what metrics show, so that both ways speak of the same. */
  readTruth(): Promise<DatabaseTruth>;
  alerts: AlertBook;
  book: Pick<SentinelBook, 'standing' | 'noteEvaluated'>;
  telemetry: Telemetry;
  rules?: readonly GuardrailRule[];
}

/** Looks at every rule once, opens alerts for what holds and ends those of what holds no more. */
export function createKeepRules(options: KeepRulesOptions): () => Promise<void> {
  const { readTruth, alerts, book, telemetry, rules = guardrailRules } = options;
  const names = rules.map(({ rule }) => rule);
  return async () => {
    const truth = await readTruth();
    const standing = await book.standing(names);
    for (const { rule, severity, holds } of rules) {
      const found = holds(truth);
      if (!found && !standing.has(rule)) continue;
      const { summary = '', jobId = null } = found ?? {};
      const holding = found ? [{ rule, scope: '', severity, summary, jobId }] : [];
      for (const change of await alerts.keep(rule, [''], holding))
        telemetry.emit({ name: 'alert.changed', ...change });
    }
    await book.noteEvaluated();
  };
}
