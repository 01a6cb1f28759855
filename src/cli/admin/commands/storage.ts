import { InvalidArgumentError } from 'commander';
import type { ScrubReport } from '../../../ports/storageScrub.ts';
import { exitCodes } from '../../exitCodes.ts';
import { safeText } from '../../output/safeText.ts';
import { wrapToWidth } from '../../output/textWidth.ts';
import { readCount } from '../adminOptions.ts';
import type { AdminRun, Page } from '../adminRun.ts';
import { type AdminCommand, isGiven, numberOf, option } from '../command.ts';
import { createProgress } from '../progress.ts';
import { countText, sizeText } from './catalogLines.ts';

/** A fixed point in time, so that the same command goes on with the same files. */
function readMoment(text: string): Date {
  const day = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?Z)?$/.test(text);
  const moment = new Date(text.includes('T') ? text : `${text}T00:00:00Z`);
  if (!day || Number.isNaN(moment.getTime()))
    throw new InvalidArgumentError('Write it as 2026-11-22 or 2026-11-22T10:00:00Z (UTC).');
  return moment;
}

const scrub: AdminCommand = {
  words: 'storage scrub',
  calls: [],
  local: true,
  changes: true,
  summary: 'check every stored file, byte by byte; with --repair make again what can be',
  about:
    'Copies, receipts and the books themselves, a few at a time. One that was cut off goes on where it stood when the same command is run again. With --repair a copy, a receipt or what copies share is made again and put back only where it comes out byte for byte as it was; books are imported again. Runs where the service runs, or with its variables (--env <file>), as whoever is signed in (fulfillment login --direct); it needs ops_admin. Ends with 7 when something stays broken, with 1 when the file store is down.',
  options: [
    option('--since <date>', 'what was stored from then on (UTC)', { parse: readMoment }),
    option('--limit <n>', 'so many files this time; the same command goes on', {
      parse: readCount(1, 999_999_999),
    }),
    option('--repair', 'make again what is missing or damaged'),
    option(
      '--masters',
      'the files of the catalogue alone; with --repair damaged books are taken away, to be imported again',
    ),
  ],
  examples: [
    ['fulfillment storage scrub', 'is every file as it was stored?'],
    ['fulfillment storage scrub --repair --reason "disk replaced"', ''],
    ['fulfillment storage scrub --since 2026-11-01 --limit 5000 --json', 'a part, for scripts'],
  ],
  async run(run, given) {
    const repair = isGiven(given, 'repair') && !run.options.dryRun;
    const part = isGiven(given, 'masters') ? 'catalogue' : 'all';
    const { since } = given.options;
    if (repair && part === 'catalogue') await agreeToRemove(run);
    const progress = createProgress(run);
    run.resumeBy('The same command goes on where it stood, within a minute.');
    try {
      const { report, auditSeq } = await run.storage().scrub({
        part,
        repair,
        since: since instanceof Date ? since : undefined,
        limit: numberOf(given, 'limit'),
        reason: run.options.reason,
        signal: run.signal,
        onProgress: ({ checked, checkedBytes, broken, repaired, key }) =>
          progress.tell(
            [
              `${countText(checked, 'file')} (${sizeText(checkedBytes)})`,
              ...(repaired > 0 ? [`${repaired} repaired`] : []),
              ...(broken > 0 ? [`${broken} broken`] : []),
              safeText(key),
            ].join(', '),
          ),
      });
      progress.end();
      const ok = report.broken === 0 && report.stopped === null;
      run.show({ ok, ...report, auditSeq }, (page) => reportLines(report, page));
      if (report.stopped) return exitCodes.failed;
      return report.broken > 0 ? exitCodes.checkFailed : exitCodes.ok;
    } finally {
      progress.end();
    }
  },
};

/** The bytes are gone then. */
const agreeToRemove = (run: AdminRun) =>
  run.agree({
    operation: 'storage:scrub',
    input: {},
    would: 'take damaged books of the catalogue away, so that they can be imported again',
    details: [],
    danger: { level: 'yes' },
  });

function reportLines(report: ScrubReport, page: Page): string[] {
  const { paint } = page;
  const { checked, checkedBytes, broken, repaired, findings, finished, resumed, stopped } = report;
  const untold = broken + repaired - findings.length;
  const seen = `${countText(checked, 'file')} (${sizeText(checkedBytes)})`;
  return [
    ...findings.flatMap((finding) => findingLines(finding, page)),
    ...(untold > 0 ? [`… and ${untold} more. Mend these, and scrub again.`] : []),
    ...(resumed ? ['This went on with a scrub that was cut off: the sums are of both.'] : []),
    ...(repaired > 0 ? [paint.green(`${countText(repaired, 'file')} made again, byte for byte.`)] : []),
    broken > 0
      ? paint.red(`${countText(broken, 'file')} of ${seen} cannot be used.`)
      : paint.green(`Checked ${seen}: every one is as it was stored${repaired > 0 ? ' now' : ''}.`),
    ...(stopped ? [paint.red(safeText(`It was ended: ${stopped.message} (${stopped.reason})`))] : []),
    ...(finished ? [] : ['Not every file was looked at yet: the same command goes on where this ended.']),
  ];
}

const outcomes = { repaired: 'repaired', removed: 'removed', broken: '' } as const;

function findingLines(finding: ScrubReport['findings'][number], { columns, paint }: Page): string[] {
  const { orderId, lineNo, productId, version, format, kind, found, outcome, message, remedy, key } = finding;
  const whose =
    orderId === null
      ? `${productId} ${version} ${format}`
      : `order ${orderId}${lineNo === null ? '' : ` line ${lineNo} ${format}`}`;
  const state = outcomes[outcome] === '' ? found : `${found}, ${outcomes[outcome]}`;
  const head = safeText(`${whose}: ${kind.replace('_', ' ')} ${state}`);
  return [
    outcome === 'repaired' ? paint.green(head) : paint.red(head),
    ...[key, message, remedy ?? ''].filter((part) => part !== '').flatMap((part) => indented(part, columns)),
  ];
}

const indented = (text: string, columns: number) =>
  wrapToWidth(safeText(text), columns - 2).map((line) => `  ${line}`);

export const storageCommands: readonly AdminCommand[] = [scrub];
