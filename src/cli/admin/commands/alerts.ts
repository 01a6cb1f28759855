import { z } from 'zod';
import { exitCodes } from '../../exitCodes.ts';
import { CommandFailure } from '../../failure.ts';
import { relativeText } from '../../output/times.ts';
import { type AdminRun, membersOf } from '../adminRun.ts';
import { changedDocument } from '../changed.ts';
import { type AdminCommand, argumentOf, numberOf, option, textOf } from '../command.ts';
import { cursorOption, limitOption, listingLines, sayMore } from '../listing.ts';
import { readCount } from '../adminOptions.ts';
import { inputOf } from '../inputOf.ts';
import { channels, testChannels } from './alertChannels.ts';

const alert = z.looseObject({
  alertId: z.string(),
  rule: z.string(),
  severity: z.string(),
  state: z.string(),
  summary: z.string(),
  jobId: z.string().nullable(),
  version: z.number(),
  openedAt: z.string(),
  acknowledged: z.looseObject({ by: z.string() }).nullable(),
});
const alertsView = z.looseObject({ alerts: z.array(alert), next: z.string().nullable() });
type Alert = z.infer<typeof alert>;

const list: AdminCommand = {
  words: 'alerts list',
  calls: ['alerts:list'],
  changes: false,
  summary: 'show what has rung and is not over, the latest first',
  options: [
    option('--state <state>', 'which (unresolved)', {
      choices: ['open', 'acknowledged', 'resolved', 'unresolved', 'all'],
    }),
    option('--severity <severity>', 'only these', { choices: ['page', 'ticket'] }),
    option('--rule <name>', 'only of this rule'),
    limitOption(50),
    cursorOption,
  ],
  examples: [
    ['fulfillment alerts list', 'what nobody has mended yet'],
    ['fulfillment alerts list --severity page --state all', 'what got people out of bed'],
  ],
  async run(run, given) {
    const input = inputOf({
      state: textOf(given, 'state'),
      severity: textOf(given, 'severity'),
      rule: textOf(given, 'rule'),
      limit: numberOf(given, 'limit'),
      cursor: textOf(given, 'cursor'),
    });
    const { raw, seen } = await run.read('alerts:list', input, alertsView);
    run.show(membersOf(raw), (page) =>
      listingLines(
        {
          columns: [
            { title: 'ALERT' },
            { title: 'SEVERITY' },
            { title: 'STATE', cutFirst: 2 },
            { title: 'OPENED' },
            { title: 'WHAT', cutFirst: 3 },
          ],
          rows: seen.alerts.map((one) => [
            one.alertId,
            one.severity,
            one.acknowledged ? `acknowledged by ${one.acknowledged.by}` : one.state,
            relativeText(one.openedAt, page.now),
            one.summary,
          ]),
          empty: 'There is no such alert.',
          paint: (text, column, row) =>
            column === 1 && seen.alerts[row]?.severity === 'page' ? page.paint.red(text) : text,
        },
        page,
      ),
    );
    sayMore(run, seen.next);
  },
};

const ack: AdminCommand = {
  words: 'alerts ack',
  calls: ['alerts:list', 'alert:acknowledge'],
  changes: true,
  summary: 'say that you are looking into an alert, and what you know so far',
  about: 'The alert stays until what it tells of is over.',
  arguments: [['<alert>', 'its id, or enough of its beginning']],
  options: [
    option('--version <number>', 'the version you looked at, instead of looking now', {
      parse: readCount(1, 999_999_999),
    }),
  ],
  examples: [['fulfillment alerts ack 01a2 --reason "the mail provider is down, case 4711"', '']],
  async run(run, given) {
    const version = numberOf(given, 'version');
    const found =
      version === undefined ? await find(run, argumentOf(given)) : { alertId: argumentOf(given), version };
    const changed = await run.change(
      {
        operation: 'alert:acknowledge',
        input: { alertId: found.alertId, version: found.version },
        would: `tell everybody that you are looking into alert ${found.alertId}`,
        details: 'summary' in found ? [`${found.rule}: ${found.summary}`] : [],
        danger: { level: 'yes' },
      },
      z.looseObject({ alertId: z.string(), state: z.string() }),
    );
    if (!changed) return;
    run.show(changedDocument(changed), () => [`${changed.seen.alertId} is ${changed.seen.state}.`]);
    if ('jobId' in found && found.jobId !== null) run.say(`Next: fulfillment orders show ${found.jobId}`);
  },
};

async function find(run: AdminRun, beginning: string): Promise<Alert> {
  const { seen } = await run.read('alerts:list', { limit: 200 }, alertsView);
  const [found, other] = seen.alerts.filter(({ alertId }) => alertId.startsWith(beginning.toLowerCase()));
  if (found && !other) return found;
  throw new CommandFailure(
    found
      ? `More than one alert begins with ${beginning}.`
      : `No alert that is not over begins with ${beginning}.`,
    {
      exitCode: found ? exitCodes.usage : exitCodes.notFound,
      code: found ? 'ambiguous' : 'unknown_alert',
      details: ['fulfillment alerts list shows them.'],
    },
  );
}

export const alertCommands: readonly AdminCommand[] = [list, ack, channels, testChannels];
