import { z } from 'zod';
import { tableLines } from '../../output/table.ts';
import { durationText } from '../../output/times.ts';
import { membersOf, type Page } from '../adminRun.ts';
import { type AdminCommand, option, textOf } from '../command.ts';
import { inputOf } from '../inputOf.ts';

const seconds = z.number().nullable();
const figures = {
  orders: z.number(),
  met: z.number(),
  breached: z.number(),
  running: z.number(),
  cancelled: z.number(),
  share: z.number().nullable(),
  latency: z.looseObject({ p50: seconds, p95: seconds, p99: seconds }),
};
const reportView = z.looseObject({
  from: z.string(),
  to: z.string(),
  objective: z.number(),
  kept: z.boolean(),
  ...figures,
  budget: z.looseObject({ allowed: z.number(), left: z.number(), leftShare: z.number().nullable() }),
  failures: z.array(z.looseObject({ step: z.string(), reason: z.string(), failures: z.number() })),
  worst: z.array(
    z.looseObject({
      jobId: z.string(),
      state: z.string(),
      waitedSeconds: z.number(),
      step: z.string().nullable(),
      reason: z.string().nullable(),
    }),
  ),
  days: z.array(z.looseObject({ day: z.string(), ...figures })),
});
type Report = z.infer<typeof reportView>;

const report: AdminCommand = {
  words: 'sla report',
  calls: ['sla:report'],
  changes: false,
  summary: 'report how many orders were done within their time, against the objective',
  about:
    'An order is late when it is done after its time, has failed, or is not done though its time is over; one that is held waits for a person, and its clock stands.',
  options: [
    option('--since <time>', 'from that day on: 30d, 2026-11-01 (30d)'),
    option('--month <month>', 'one month: 2026-11'),
  ],
  examples: [
    ['fulfillment sla report', 'the last 30 days'],
    ['fulfillment sla report --month 2026-11 --json | jq .share', ''],
  ],
  async run(run, given) {
    const input = inputOf({ since: textOf(given, 'since'), month: textOf(given, 'month') });
    const { raw, seen } = await run.read('sla:report', input, reportView);
    run.show(membersOf(raw), (page) => reportLines(seen, page));
    const [first] = seen.worst;
    if (first) run.say(`Next: fulfillment orders show ${first.jobId}`);
  },
};

export const slaCommands: readonly AdminCommand[] = [report];

const percent = (share: number | null) => (share === null ? '–' : `${Number((share * 100).toFixed(3))} %`);
const tookText = (value: number | null) =>
  value === null ? '–' : value < 60 ? `${Number(value.toFixed(1))}s` : durationText(value);

function reportLines(seen: Report, { paint, columns: widthMax }: Page): string[] {
  const verdict = seen.kept ? paint.green('The objective is kept.') : paint.red('The objective is missed.');
  const table = (columns: Parameters<typeof tableLines>[0]['columns'], rows: string[][]) =>
    tableLines({ columns, rows }, { widthMax, heading: paint.dim });
  const right = (title: string) => ({ title, align: 'right' as const });
  const section = (title: string, lines: string[]) =>
    lines.length > 1 ? ['', paint.bold(title), ...lines] : [];
  return [
    `${verdict} ${paint.dim(`${seen.from} to ${seen.to}, UTC`)}`,
    '',
    ...summaryOf(seen),
    ...section(
      'Failures',
      table(
        [right('TIMES'), { title: 'STEP' }, { title: 'REASON', cutFirst: 1 }],
        seen.failures.map(({ failures, step, reason }) => [String(failures), step, reason]),
      ),
    ),
    ...section(
      'Latest of all',
      table(
        [{ title: 'JOB' }, { title: 'STATE' }, right('TOOK'), { title: 'WHY', cutFirst: 1 }],
        seen.worst.map(({ jobId, state, waitedSeconds, step, reason }) => [
          jobId,
          state,
          durationText(waitedSeconds),
          [step, reason].filter(Boolean).join(': '),
        ]),
      ),
    ),
    ...section(
      'Days',
      table(
        [
          { title: 'DAY' },
          right('ORDERS'),
          right('LATE'),
          right('IN TIME'),
          right('P50'),
          right('P95'),
          right('P99'),
        ],
        seen.days.map(({ day, orders, breached, share: ofDay, latency: { p50, p95, p99 } }) => [
          ...[day, String(orders), String(breached), percent(ofDay)],
          ...[tookText(p50), tookText(p95), tookText(p99)],
        ]),
      ),
    ),
  ];
}

function summaryOf({ objective, budget, share, latency, ...seen }: Report): string[] {
  if (seen.orders === 0) return ['No orders.'];
  const left =
    budget.left < 0
      ? `${-budget.left} too many were`
      : `${budget.left} more may be (${percent(budget.leftShare)} of the budget)`;
  return [
    `${seen.orders} orders: ${seen.met} in time, ${seen.breached} late, ${seen.running} running, ${seen.cancelled} cancelled`,
    `${percent(share)} in time, of ${percent(objective)} that are to be`,
    `${budget.allowed} may be late: ${left}`,
    `half took at most ${tookText(latency.p50)}, 95 % ${tookText(latency.p95)}, 99 % ${tookText(latency.p99)}`,
  ];
}
