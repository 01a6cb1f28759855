import { describe, expect, it } from 'vitest';
import { type GuardedTruth, guardrailRules } from './alertRules.ts';

const at = new Date('2026-11-24T12:00:00Z');
const before = (ms: number) => new Date(at.getTime() - ms);
const minutes = (count: number) => count * 60_000;
const hours = (count: number) => count * 3_600_000;

const calm: GuardedTruth = {
  at,
  active: [{ state: 'open', step: 'email', count: 2 }],
  beyondSla: 0,
  beyondSlaJobId: null,
  oldestOpenDeadline: new Date(at.getTime() + 1),
  oldestHeldAt: before(minutes(1)),
  failed: { last1h: 0 },
  failedBecause: [],
  circuits: [{ provider: 'stripe', state: 'closed', paused: false, changedAt: before(hours(9)) }],
  mailGate: { why: null, held: 0 },
  workers: { alive: 1, lastSeenAt: before(1_000) },
  partitionsAhead: 3,
  upkeepAt: before(hours(2)),
  reconciledAt: before(hours(2)),
  undelivered: [],
};

const holding = (fields: Partial<GuardedTruth>) =>
  guardrailRules.flatMap(({ rule, holds }) => (holds({ ...calm, ...fields }) ? [rule] : []));
const summaryOf = (rule: string, fields: Partial<GuardedTruth>) =>
  guardrailRules.find((one) => one.rule === rule)?.holds({ ...calm, ...fields });

const circuit = (provider: string, state: string, forMs: number) => ({
  provider,
  state,
  paused: false,
  changedAt: before(forMs),
});

describe('the rules of the sentinel', () => {
  it('are silent while all is well, and in a house in which nothing ever ran', () => {
    expect(holding({})).toEqual([]);
    expect(
      holding({
        active: [],
        oldestOpenDeadline: null,
        oldestHeldAt: null,
        circuits: [],
        workers: { alive: 0, lastSeenAt: null },
        upkeepAt: null,
        reconciledAt: null,
      }),
    ).toEqual([]);
  });

  it.each<[string, Partial<GuardedTruth>, Partial<GuardedTruth>]>([
    ['job_beyond_sla', { beyondSla: 0 }, { beyondSla: 1, oldestOpenDeadline: before(1_000) }],
    ['failure_rate', { failed: { last1h: 3 } }, { failed: { last1h: 4 } }],
    [
      'job_blocked',
      { active: [{ state: 'held', step: 'email', count: 3 }] },
      { active: [{ state: 'blocked', step: 'resolve_order', count: 1 }] },
    ],
    ['job_held_long', { oldestHeldAt: before(hours(4)) }, { oldestHeldAt: before(hours(4) + 1) }],
    [
      'workers_gone',
      { workers: { alive: 1, lastSeenAt: before(44_000) } },
      { workers: { alive: 0, lastSeenAt: before(46_000) } },
    ],
    ['mail_refused', { mailGate: { why: 'shadow', held: 9 } }, { mailGate: { why: 'brake', held: 9 } }],
    [
      'mail_refused',
      { circuits: [circuit('smtp', 'open', minutes(5)), circuit('resend', 'open', minutes(9))] },
      { circuits: [circuit('smtp', 'open', minutes(5) + 1), circuit('resend', 'half_open', minutes(9))] },
    ],
    [
      'mail_refused',
      { circuits: [circuit('smtp', 'open', minutes(9)), circuit('resend', 'closed', minutes(9))] },
      { circuits: [circuit('smtp', 'open', minutes(9)), circuit('stripe', 'closed', minutes(9))] },
    ],
    ['reconciliation_overdue', { reconciledAt: before(hours(26)) }, { reconciledAt: before(hours(26) + 1) }],
    ['upkeep_overdue', { upkeepAt: before(hours(26)) }, { upkeepAt: before(hours(26) + 1) }],
    ['partitions_short', { partitionsAhead: 2 }, { partitionsAhead: 1 }],
    [
      'alert_delivery_failing',
      { undelivered: [{ channel: 'slack', count: 2, since: before(minutes(5)) }] },
      { undelivered: [{ channel: 'slack', count: 2, since: before(minutes(5) + 1) }] },
    ],
  ])('%s is silent just below and holds just above', (rule, below, above) => {
    expect(holding(below)).not.toContain(rule);
    expect(holding(above)).toEqual([rule]);
  });

  it('say what it is, how much and where to look first', () => {
    expect(
      summaryOf('job_beyond_sla', {
        beyondSla: 3,
        beyondSlaJobId: 'job-7',
        oldestOpenDeadline: before(minutes(2) + 5_000),
        active: [
          { state: 'open', step: 'email', count: 5 },
          { state: 'blocked', step: 'email', count: 1 },
          { state: 'open', step: 'receipt', count: 2 },
          { state: 'held', step: 'files', count: 9 },
        ],
      }),
    ).toEqual({
      summary: '3 jobs are past the deadline, the oldest by 2 m 5 s. Open at: email 6, receipt 2.',
      jobId: 'job-7',
    });
    expect(
      summaryOf('failure_rate', {
        failed: { last1h: 5 },
        failedBecause: [
          { step: 'email', reason: 'mailbox_refused', count: 4 },
          { step: 'files', reason: 'timeout', count: 1 },
        ],
      })?.summary,
    ).toBe('5 jobs failed within an hour (more than 3): email mailbox_refused 4, files timeout 1.');
  });
});
