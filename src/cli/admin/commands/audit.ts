import { z } from 'zod';
import { exitCodes } from '../../exitCodes.ts';
import { factLines } from '../../output/table.ts';
import { hanging, wrapToWidth } from '../../output/textWidth.ts';
import { relativeText, utcText } from '../../output/times.ts';
import { anything, membersOf, type Page } from '../adminRun.ts';
import { type AdminCommand, type Given, numberOf, option, textOf } from '../command.ts';
import { readCount } from '../adminOptions.ts';
import { inputOf } from '../inputOf.ts';
import { limitOption, listingLines, sayMore } from '../listing.ts';
import { outOption, takeAway } from '../takeAway.ts';

const row = z.looseObject({
  seq: z.number(),
  at: z.string().nullable(),
  actor: z.string(),
  channel: z.string(),
  action: z.string(),
  target: z.looseObject({ kind: z.string(), id: z.string() }).nullable(),
  result: z.string(),
  reason: z.string().nullable(),
});
const auditView = z.looseObject({ rows: z.array(row), next: z.number().nullable() });

const filters = [
  option('--actor <subject>', 'only what this person did'),
  option('--action <name>', 'only this action, such as job:retry'),
  option('--target <id>', 'only what was done to this job, provider or event'),
  option('--result <result>', 'only what ended like this', { choices: ['done', 'refused', 'failed'] }),
  option('--channel <channel>', 'only what came this way', { choices: ['console', 'cli', 'api', 'system'] }),
  option('--bulk <run>', 'only what this bulk run did'),
];
const since = (required: boolean) =>
  option('--since <time>', 'from then on: 2026-11-22, 2026-11-22T10:00:00Z, 24h or 7d', { required });
const until = option('--until <time>', 'before then');

const filterOf = (given: Given) =>
  inputOf({
    actor: textOf(given, 'actor'),
    action: textOf(given, 'action'),
    target: textOf(given, 'target'),
    result: textOf(given, 'result'),
    channel: textOf(given, 'channel'),
    bulkRunId: textOf(given, 'bulk'),
    since: textOf(given, 'since'),
    until: textOf(given, 'until'),
  });

const list: AdminCommand = {
  words: 'audit list',
  calls: ['audit:list'],
  changes: false,
  summary: 'show who did what, the latest first',
  options: [
    ...filters,
    since(false),
    until,
    limitOption(50),
    option('--cursor <row>', 'where the page before ended', { parse: readCount(1, 999_999_999) }),
  ],
  examples: [
    ['fulfillment audit list --since 24h', 'what was done since yesterday'],
    ['fulfillment audit list --result refused', 'what people wanted and might not'],
  ],
  async run(run, given) {
    const input = {
      ...filterOf(given),
      ...inputOf({ limit: numberOf(given, 'limit'), cursor: numberOf(given, 'cursor') }),
    };
    const { raw, seen } = await run.read('audit:list', input, auditView);
    run.show(membersOf(raw), (page) =>
      listingLines(
        {
          columns: [
            { title: 'ROW', align: 'right' },
            { title: 'WHEN' },
            { title: 'WHO', cutFirst: 2 },
            { title: 'WHAT' },
            { title: 'TO', cutFirst: 3 },
            { title: 'RESULT' },
            { title: 'WHY', cutFirst: 4 },
          ],
          rows: seen.rows.map((one) => [
            String(one.seq),
            one.at === null ? '?' : relativeText(one.at, page.now),
            `${one.actor} (${one.channel})`,
            one.action,
            one.target === null ? '' : `${one.target.kind} ${one.target.id}`,
            one.result,
            one.reason ?? '',
          ]),
          empty: 'Nobody did anything of that kind.',
        },
        page,
      ),
    );
    sayMore(run, seen.next);
  },
};

const verdict = z.looseObject({
  ok: z.boolean(),
  summary: z.string(),
  rows: z.number(),
  verified: z
    .looseObject({
      fromSeq: z.number(),
      toSeq: z.number(),
      from: z.string().nullable(),
      to: z.string().nullable(),
    })
    .nullable(),
  prunedTo: z.number(),
  anchors: z.looseObject({ agreeing: z.number(), differing: z.number(), unchecked: z.number() }),
  findingCount: z.number(),
  findings: z.array(z.looseObject({ sentence: z.string() })),
});

const verify: AdminCommand = {
  words: 'audit verify',
  calls: ['audit:verify'],
  changes: false,
  summary: 'check that no row of the audit was changed, removed, put in or moved',
  about:
    'Reads the whole chain, and compares it with the heads that were written down outside. Ends with 7 when something is wrong.',
  examples: [
    ['fulfillment audit verify', ''],
    ['fulfillment audit verify --timeout 10m --json', 'for a daily check'],
  ],
  async run(run) {
    run.say('Reading the whole log …');
    const { raw, seen } = await run.read('audit:verify', {}, verdict);
    run.show(membersOf(raw), (page) => verdictLines(seen, page));
    return seen.ok ? exitCodes.ok : exitCodes.checkFailed;
  },
};

function verdictLines(seen: z.infer<typeof verdict>, { paint, columns }: Page): string[] {
  const { verified, anchors, findings, findingCount } = seen;
  const time = (text: string | null | undefined) => (text ? utcText(text) : '?');
  return [
    ...wrapToWidth(seen.summary, columns).map(seen.ok ? paint.green : paint.red),
    ...findings.flatMap(({ sentence }) => hanging(`- ${sentence}`, columns, '  ')),
    ...(findingCount > findings.length ? [`- and ${findingCount - findings.length} more`] : []),
    '',
    ...factLines([
      ['rows', String(seen.rows)],
      [
        'checked',
        verified &&
          `${verified.fromSeq} to ${verified.toSeq}, ${time(verified.from)} to ${time(verified.to)}`,
      ],
      ['pruned', seen.prunedTo === 0 ? null : `up to row ${seen.prunedTo}`],
      ['anchors', `${anchors.agreeing} agree, ${anchors.differing} differ, ${anchors.unchecked} not checked`],
    ]),
  ];
}

const exported = z.looseObject({ rows: z.number(), text: z.string() });

const take: AdminCommand = {
  words: 'audit export',
  calls: ['audit:export'],
  changes: false,
  reason: true,
  summary: 'take away a stretch of the audit as JSON lines or CSV; that you did is in the audit',
  options: [
    ...filters,
    since(true),
    until,
    option('--format <format>', 'ndjson or csv (ndjson)', { choices: ['ndjson', 'csv'] }),
    outOption,
  ],
  examples: [
    ['fulfillment audit export --since 2026-11-01 --until 2026-12-01 --format csv --out november.csv', ''],
    ['fulfillment audit export --since 24h | jq -r \'select(.result == "refused") | .actor\'', ''],
  ],
  async run(run, given) {
    const input = { ...filterOf(given), ...inputOf({ format: textOf(given, 'format') }) };
    const { raw } = await run.read('audit:export', input, anything);
    await takeAway(run, given, { raw, ...exported.parse(raw) });
  },
};

export const auditCommands: readonly AdminCommand[] = [list, verify, take];
