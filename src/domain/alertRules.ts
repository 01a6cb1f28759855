import { guardrails } from './guardrails.ts';

/** What rules look at. The shape is the database's truth; only what a rule needs is named here. */
export interface GuardedTruth {
  at: Date;
  active: ReadonlyArray<{ state: string; step: string; count: number }>;
  beyondSla: number;
  beyondSlaJobId: string | null;
  oldestOpenDeadline: Date | null;
  oldestHeldAt: Date | null;
  failed: { last1h: number };
  failedBecause: ReadonlyArray<{ step: string; reason: string; count: number }>;
  circuits: ReadonlyArray<{ provider: string; state: string; paused: boolean; changedAt: Date }>;
  mailGate: { why: string | null; held: number };
  workers: { alive: number; lastSeenAt: Date | null };
  partitionsAhead: number;
  upkeepAt: Date | null;
  reconciledAt: Date | null;
  undelivered: ReadonlyArray<{ channel: string; count: number; since: Date }>;
}

export interface RuleHolds {
  /** Ids, codes and counts. */
  summary: string;
  /** The order to look at first. */
  jobId?: string | null;
}

export interface GuardrailRule {
  /** As in rows of alerts, and in the label `rule` of Prometheus' alerts. */
  rule: string;
  severity: 'page' | 'ticket';
  /** @returns what people are told while it holds; undefined while it does not */
  holds(truth: GuardedTruth): RuleHolds | undefined;
}

/** Those that carry mail; `paused` is a person's doing and known. */
const mailProviders: ReadonlySet<string> = new Set(['smtp', 'resend', 'listmonk', 'novu']);

const ageMs = ({ at }: GuardedTruth, then: Date) => at.getTime() - then.getTime();
const plural = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;

/** 310_000 → `5 m 10 s`. */
function spanText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  if (hours > 0) return `${hours} h ${minutes} m`;
  return minutes > 0 ? `${minutes} m ${seconds % 60} s` : `${seconds} s`;
}

/** `email 3, receipt 1`: where it is worth looking first. */
function stepsOf({ active }: GuardedTruth, states: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const { state, step, count } of active)
    if (states.includes(state)) counts.set(step, (counts.get(step) ?? 0) + count);
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([step, count]) => `${step} ${count}`)
    .join(', ');
}

const overdue = (truth: GuardedTruth, doneAt: Date | null) =>
  doneAt !== null && ageMs(truth, doneAt) > guardrails.dailyOverdueMs;

/** What the promise hangs on, and what it will hang on tomorrow. Evaluated from the database alone, by the sentinel. */
export const guardrailRules: readonly GuardrailRule[] = [
  {
    rule: 'job_beyond_sla',
    severity: 'page',
    holds(truth) {
      const { beyondSla, beyondSlaJobId, oldestOpenDeadline } = truth;
      if (beyondSla === 0) return undefined;
      const late = oldestOpenDeadline ? `, the oldest by ${spanText(ageMs(truth, oldestOpenDeadline))}` : '';
      return {
        summary: `${plural(beyondSla, 'job is', 'jobs are')} past the deadline${late}. Open at: ${stepsOf(truth, ['open', 'blocked'])}.`,
        jobId: beyondSlaJobId,
      };
    },
  },
  {
    rule: 'failure_rate',
    severity: 'page',
    holds({ failed, failedBecause }) {
      if (failed.last1h <= guardrails.failuresInHourMax) return undefined;
      const why = failedBecause.map(({ step, reason, count }) => `${step} ${reason} ${count}`).join(', ');
      return {
        summary: `${failed.last1h} jobs failed within an hour (more than ${guardrails.failuresInHourMax}): ${why}.`,
      };
    },
  },
  {
    rule: 'job_blocked',
    severity: 'ticket',
    holds(truth) {
      const blocked = truth.active.reduce(
        (sum, { state, count }) => sum + (state === 'blocked' ? count : 0),
        0,
      );
      if (blocked === 0) return undefined;
      return {
        summary: `${plural(blocked, 'job waits', 'jobs wait')} for a person or a fact, at: ${stepsOf(truth, ['blocked'])}.`,
      };
    },
  },
  {
    rule: 'job_held_long',
    severity: 'ticket',
    holds(truth) {
      const { oldestHeldAt } = truth;
      if (oldestHeldAt === null || ageMs(truth, oldestHeldAt) <= guardrails.heldLongMs) return undefined;
      return { summary: `A job has been held for ${spanText(ageMs(truth, oldestHeldAt))}.` };
    },
  },
  {
    rule: 'workers_gone',
    severity: 'page',
    holds(truth) {
      const { alive, lastSeenAt } = truth.workers;
      // Where none ever ran, nobody has been told yet to expect one.
      if (alive > 0 || lastSeenAt === null) return undefined;
      return {
        summary: `No worker gives a sign of life; the last one did ${spanText(ageMs(truth, lastSeenAt))} ago.`,
      };
    },
  },
  {
    rule: 'mail_refused',
    severity: 'page',
    holds(truth) {
      const { why, held } = truth.mailGate;
      // Shadow mode is what the whole deployment was started in.
      if (why !== null && why !== 'shadow')
        return { summary: `All mail is held by ${why}; ${plural(held, 'mail waits', 'mails wait')}.` };
      const carriers = truth.circuits.filter(({ provider }) => mailProviders.has(provider));
      const isStuck = ({ state, changedAt }: { state: string; changedAt: Date }) =>
        state !== 'closed' && ageMs(truth, changedAt) > guardrails.mailStuckMs;
      if (carriers.length === 0 || !carriers.every(isStuck)) return undefined;
      return {
        summary: `No mail provider takes mail: ${carriers.map(({ provider }) => provider).join(', ')}.`,
      };
    },
  },
  {
    rule: 'reconciliation_overdue',
    severity: 'page',
    holds(truth) {
      const { reconciledAt } = truth;
      if (reconciledAt === null || !overdue(truth, reconciledAt)) return undefined;
      return { summary: `The ledgers were last compared ${spanText(ageMs(truth, reconciledAt))} ago.` };
    },
  },
  {
    rule: 'upkeep_overdue',
    severity: 'ticket',
    holds(truth) {
      const { upkeepAt } = truth;
      if (upkeepAt === null || !overdue(truth, upkeepAt)) return undefined;
      return { summary: `A daily duty was last done ${spanText(ageMs(truth, upkeepAt))} ago.` };
    },
  },
  {
    rule: 'partitions_short',
    severity: 'ticket',
    holds({ partitionsAhead }) {
      if (partitionsAhead >= guardrails.partitionsAheadMin) return undefined;
      return {
        summary: `The timeline has partitions for ${plural(Math.max(0, partitionsAhead), 'month', 'months')} ahead, fewer than ${guardrails.partitionsAheadMin}.`,
      };
    },
  },
  {
    rule: 'alert_delivery_failing',
    severity: 'page',
    holds(truth) {
      const stuck = truth.undelivered.filter(({ since }) => ageMs(truth, since) > guardrails.deliveryWaitMs);
      if (stuck.length === 0) return undefined;
      const channels = stuck.map(({ channel, count }) => `${channel} ${count}`).join(', ');
      return { summary: `Alerts reach nobody for more than 5 minutes: ${channels}.` };
    },
  },
];
