import { z } from 'zod';
import type {
  CatalogReport,
  DoneImport,
  ImportProgress,
  PlannedImport,
} from '../../../ports/catalogOutcome.ts';
import type { CatalogGiven } from '../../duties.ts';
import { exitCodes, type ExitCode } from '../../exitCodes.ts';
import { type AdminRun, membersOf, type Page } from '../adminRun.ts';
import { type AdminCommand, argumentOf, type Given, isGiven, option } from '../command.ts';
import { listingLines } from '../listing.ts';
import { createProgress } from '../progress.ts';
import {
  countText,
  formatsText,
  pricesText,
  problemLines,
  productLines,
  sizeText,
  storeFindingLines,
} from './catalogLines.ts';

const file = z.looseObject({ format: z.string(), reach: z.string(), sizeBytes: z.number() });
const listView = z.looseObject({
  products: z.array(
    z.looseObject({
      productId: z.string(),
      title: z.string(),
      version: z.string(),
      marking: z.looseObject({ policy: z.string() }),
      prices: z.array(z.looseObject({ currency: z.string(), unitAmount: z.number() })),
      files: z.array(file),
    }),
  ),
});

const list: AdminCommand = {
  words: 'catalog list',
  calls: ['catalog:list'],
  changes: false,
  summary: 'show what is sold: products with prices and files, and how copies are marked',
  examples: [
    ['fulfillment catalog list', 'all products'],
    ['fulfillment catalog list --json | jq \'.products[] | select(.files[].reach != "full")\'', ''],
  ],
  async run(run) {
    const { raw, seen } = await run.read('catalog:list', {}, listView);
    run.show(membersOf(raw), (page) =>
      listingLines(
        {
          columns: [
            { title: 'PRODUCT' },
            { title: 'VERSION' },
            { title: 'FILES' },
            { title: 'MARKING' },
            { title: 'PRICES', cutFirst: 1 },
            { title: 'TITLE', cutFirst: 2 },
          ],
          rows: seen.products.map((one) => [
            one.productId,
            one.version,
            formatsText(one.files),
            one.marking.policy,
            pricesText(one.prices),
            one.title,
          ]),
          empty: 'Nothing is sold yet. Next: fulfillment catalog import catalogue.yaml',
        },
        page,
      ),
    );
  },
};

const outside = option('--allow-outside', 'books may lie outside of the directory of the catalogue file');

const importing: AdminCommand = {
  words: 'catalog import',
  calls: [],
  local: true,
  changes: true,
  summary: 'bring books, prices and marking into the catalogue; the same again changes nothing',
  about:
    'Checks every book first and stores nothing when one cannot be sold. Runs where the service runs, or with its variables (--env <file>), as whoever is signed in (fulfillment login --direct); it needs ops_admin. Ends with 7 when the catalogue has problems.',
  arguments: [['<file>', 'the catalogue: YAML or CSV, as docs/catalog.md describes it']],
  options: [
    option('--notify', 'owners of earlier versions get a mail about the new one'),
    option('--change-prices', 'prices that are known otherwise become what the file says'),
    outside,
  ],
  examples: [
    ['fulfillment catalog import catalogue.yaml --dry-run', 'what would it do?'],
    ['fulfillment catalog import catalogue.yaml --reason "second edition"', ''],
    ['fulfillment catalog import catalogue.yaml --notify --yes --json', 'for scripts'],
  ],
  async run(run, given) {
    const progress = createProgress(run);
    const request = {
      ...requestOf(run, given, progress.tell),
      notify: isGiven(given, 'notify'),
      changePrices: isGiven(given, 'changePrices'),
      reason: run.options.reason,
    };
    run.resumeBy('Nothing of it is sold yet. Run it again: what is stored is not stored twice.');
    try {
      if (run.options.dryRun) {
        const planned = await run.catalog().plan(request);
        progress.end();
        return shown(run, planned, plannedLine(planned, request.notify), { dryRun: true });
      }
      const done = await run.catalog().import(request, async (planned) => {
        progress.end();
        if (request.notify && planned.owners > 0) await agreeToMails(run, planned);
      });
      progress.end();
      if (!('auditSeq' in done)) return shown(run, done.report, undefined);
      return shown(run, done.report, doneLine(done.report, request.notify), { auditSeq: done.auditSeq });
    } finally {
      progress.end();
    }
  },
};

const check: AdminCommand = {
  words: 'catalog check',
  calls: [],
  local: true,
  changes: false,
  summary: 'check a catalogue file and its books, or what is stored of the catalogue',
  about:
    'With a file: everything an import checks, without a database, and nothing is stored. Without one: whether every file of the catalogue is in the store as it was imported; that runs where the service runs, and reads every byte. Ends with 7 when something is wrong.',
  arguments: [['[file]', 'a catalogue, before it is imported']],
  options: [outside],
  examples: [
    ['fulfillment catalog check catalogue.yaml', 'can these books be sold?'],
    ['fulfillment catalog check', 'is every file still there?'],
  ],
  async run(run, given) {
    const progress = createProgress(run);
    try {
      if (given.arguments.length > 0) {
        const report = await run.catalog().checkFile(requestOf(run, given, progress.tell));
        progress.end();
        return shown(run, report, 'Every book can be sold. Nothing was stored.');
      }
      const { signal } = run;
      const report = await run.catalog().checkStore({ signal, onProgress: telling(progress.tell) });
      progress.end();
      const bad = report.findings.filter(({ state }) => state !== 'outdated').length;
      run.show({ ok: bad === 0, ...report }, (page) => [
        ...storeFindingLines(report.findings, page),
        bad > 0
          ? page.paint.red(`${countText(bad, 'file')} of the catalogue cannot be used.`)
          : page.paint.green(
              `All ${countText(report.files, 'file')} of ${countText(report.products, 'product')} are stored as they were imported (${sizeText(report.sizeBytes)}).`,
            ),
      ]);
      return bad === 0 ? exitCodes.ok : exitCodes.checkFailed;
    } finally {
      progress.end();
    }
  },
};

type Tell = (words: string, share?: number) => void;

const telling =
  (tell: Tell) =>
  ({ stage, what, doneBytes, totalBytes }: ImportProgress) =>
    tell(`${stage} ${what}`, totalBytes === 0 ? 1 : doneBytes / totalBytes);

const requestOf = ({ signal }: AdminRun, given: Given, tell: Tell): CatalogGiven => ({
  path: argumentOf(given),
  allowOutside: isGiven(given, 'allowOutside'),
  signal,
  onProgress: telling(tell),
});

/** Mails cannot be called back. */
async function agreeToMails(run: AdminRun, { owners }: PlannedImport): Promise<void> {
  await run.agree({
    operation: 'catalog:import',
    input: {},
    would: `import the catalogue and send a mail to ${countText(owners, 'owner')} of earlier versions`,
    details: [],
    danger: { level: 'yes' },
  });
}

function shown(run: AdminRun, report: CatalogReport, line: string | undefined, more: object = {}): ExitCode {
  const { problems } = report;
  const ok = problems.length === 0;
  run.show({ ok, ...report, ...more }, (page: Page) => [
    ...productLines(report.products, page),
    ...problemLines(problems, page),
    ...(ok
      ? line === undefined
        ? []
        : [page.paint.green(line)]
      : [page.paint.red(`${countText(problems.length, 'problem')}: nothing was imported.`)]),
  ]);
  return ok ? exitCodes.ok : exitCodes.checkFailed;
}

function plannedLine({ jobsBlocked, owners }: PlannedImport, notify: boolean): string {
  const waiting = jobsBlocked > 0 ? ` Blocked jobs that would look again: ${jobsBlocked}.` : '';
  const updates =
    owners > 0 ? ` Owners who would get the new version${notify ? ', and a mail' : ''}: ${owners}.` : '';
  return `This can be imported.${waiting}${updates} Nothing was done. Without --dry-run it is.`;
}

function doneLine({ products, filesStored, jobsWoken, updatesAsked }: DoneImport, notify: boolean): string {
  const changed = products.filter(({ state }) => state !== 'unchanged').length;
  const what =
    changed === 0
      ? 'Nothing has changed.'
      : `Imported: ${countText(changed, 'product')} changed, ${countText(filesStored, 'file')} stored.`;
  const woken = jobsWoken > 0 ? ` Blocked jobs that look again now: ${jobsWoken}.` : '';
  const updates =
    updatesAsked > 0
      ? ` Owners who get the new version${notify ? ', and a mail' : ''}: ${updatesAsked}.`
      : '';
  return `${what}${woken}${updates}`;
}

export const catalogCommands: readonly AdminCommand[] = [list, importing, check];
