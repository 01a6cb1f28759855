import { z } from 'zod';
import { exitCodes, type ExitCode } from '../../exitCodes.ts';
import { tableLines } from '../../output/table.ts';
import { durationText, relativeText, utcText } from '../../output/times.ts';
import { readDuration } from '../adminOptions.ts';
import { type AdminRun, membersOf, type Page } from '../adminRun.ts';
import { type AdminCommand, isGiven, numberOf, option } from '../command.ts';

const ok = z.boolean();
const count = z.number();
const statusView = z.looseObject({
  ok,
  at: z.string(),
  pending: z.looseObject({
    ok,
    slaSeconds: count,
    oldestAgeSeconds: count.nullable(),
    oldestJobId: z.string().nullable(),
    beyondSla: count,
    blocked: count,
    held: count,
  }),
  failures: z.looseObject({ ok, lastHour: count, max: count }),
  workers: z.looseObject({ ok, alive: count, lastSeenAt: z.string().nullable() }),
  providers: z.looseObject({
    ok,
    paused: z.array(z.looseObject({ provider: z.string(), until: z.string() })),
    ill: z.array(z.string()),
  }),
  mail: z.looseObject({
    ok,
    state: z.string(),
    pausedUntil: z.string().nullable(),
    heldBy: z.string().nullable(),
    heldSince: z.string().nullable(),
    heldMails: count,
  }),
  webhooks: z.looseObject({ ok, lastReceivedAt: z.string().nullable(), quarantined: count }),
  upkeep: z.looseObject({ ok, lastDoneAt: z.string().nullable() }),
  alerts: z.looseObject({ ok, page: count, ticket: count, acknowledged: count }),
});
type Status = z.infer<typeof statusView>;

const watchEveryMs = 5_000;

export const statusCommand: AdminCommand = {
  words: 'status',
  calls: ['status:show'],
  changes: false,
  summary: 'show whether the promise is kept just now; ends with 7 when it is not',
  about:
    'The promise hangs on three things: no order is late, few fail, and somebody is at work. What else needs a look is shown below them.',
  options: [
    option('-w, --watch', 'show it again and again, until Ctrl-C; with --json one document a line'),
    option('--every <time>', 'with --watch: how often (5s)', { parse: readDuration }),
  ],
  examples: [
    ['fulfillment status', ''],
    ['fulfillment status --watch', ''],
    ['fulfillment status --json | jq .pending.oldestAgeSeconds', ''],
  ],
  async run(run, given) {
    if (!isGiven(given, 'watch')) return look(run);
    const everyMs = Math.max(1_000, numberOf(given, 'every') ?? watchEveryMs);
    for (;;) {
      // Its own end of screen is left alone: a log of what was seen can be scrolled back.
      await look(run, true);
      if (!run.options.json) run.terminal.print('');
      await run.wait(everyMs);
      if (run.signal.aborted) return exitCodes.interrupted;
    }
  },
};

async function look(run: AdminRun, oneLine = false): Promise<ExitCode> {
  const { raw, seen } = await run.read('status:show', {}, statusView);
  run.show(membersOf(raw), (page) => statusLines(seen, page), { oneLine });
  const { oldestJobId } = seen.pending;
  if (!seen.pending.ok && oldestJobId !== null) run.say(`Next: fulfillment orders show ${oldestJobId}`);
  else if (!seen.failures.ok) run.say('Next: fulfillment failures list');
  else if (seen.mail.heldBy !== null) run.say('Next: fulfillment mail status');
  return seen.ok ? exitCodes.ok : exitCodes.checkFailed;
}

function statusLines(seen: Status, { paint, now, columns }: Page): string[] {
  const rows = rowsOf(seen, now);
  const verdict = seen.ok
    ? paint.green('The promise is kept.')
    : paint.red(
        `The promise is broken: ${rows
          .slice(0, promised)
          .filter(([state]) => state !== 'ok')
          .map(([, name]) => name)
          .join(', ')}.`,
      );
  const colours: Record<string, (text: string) => string> = {
    ok: paint.green,
    BROKEN: paint.red,
    look: paint.yellow,
  };
  return [
    `${verdict} ${paint.dim(utcText(seen.at))}`,
    '',
    ...tableLines(
      { columns: [{ title: 'STATE' }, { title: 'OF' }, { title: 'DETAIL', cutFirst: 1 }], rows },
      {
        widthMax: columns,
        heading: paint.dim,
        paint: (text, column) => (column === 0 ? (colours[text]?.(text) ?? text) : text),
      },
    ),
  ];
}

function mailText(mail: Status['mail'], now: Date): string {
  const { state, pausedUntil, heldBy, heldSince, heldMails } = mail;
  if (heldBy !== null)
    return `held by ${heldBy} since ${heldSince === null ? 'ever' : relativeText(heldSince, now)}; ${heldMails} wait`;
  return pausedUntil === null ? state : `${state}, ends ${relativeText(pausedUntil, now)}`;
}

/** The first rows are what the promise hangs on. */
const promised = 3;

function rowsOf(seen: Status, now: Date): string[][] {
  const { pending, failures, workers, providers, mail, webhooks, upkeep, alerts } = seen;
  const oldest =
    pending.oldestAgeSeconds === null
      ? 'nothing is open'
      : `oldest open ${durationText(pending.oldestAgeSeconds)} of ${durationText(pending.slaSeconds)}`;
  const broken = (fine: boolean) => (fine ? 'ok' : 'BROKEN');
  const look = (fine: boolean) => (fine ? 'ok' : 'look');
  const away = [
    ...providers.ill.map((name) => `${name} is ill`),
    ...providers.paused.map(
      ({ provider, until }) => `${provider} is paused, ends ${relativeText(until, now)}`,
    ),
  ];
  const seenAt = (text: string | null) => (text === null ? 'never' : relativeText(text, now));
  return [
    [broken(pending.ok), 'orders', `${oldest}; ${pending.beyondSla} late`],
    [
      broken(failures.ok),
      'failures',
      `${failures.lastHour} in the last hour, of ${failures.max} that may be`,
    ],
    [broken(workers.ok), 'workers', `${workers.alive} at work, last seen ${seenAt(workers.lastSeenAt)}`],
    [look(pending.blocked === 0), 'blocked', `${pending.blocked} wait for a person or a fact`],
    [look(pending.held === 0), 'held', `${pending.held} are held`],
    [look(providers.ok), 'providers', away.length === 0 ? 'all well' : away.join('; ')],
    [look(mail.ok), 'mail', mailText(mail, now)],
    [
      look(webhooks.ok),
      'webhooks',
      `last ${seenAt(webhooks.lastReceivedAt)}; ${webhooks.quarantined} quarantined`,
    ],
    [look(upkeep.ok), 'upkeep', `what is done once a day: last ${seenAt(upkeep.lastDoneAt)}`],
    [
      look(alerts.ok),
      'alerts',
      `${alerts.page} page, ${alerts.ticket} ticket; ${alerts.acknowledged} acknowledged`,
    ],
  ];
}
