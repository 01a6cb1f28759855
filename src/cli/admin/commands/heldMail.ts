import { z } from 'zod';
import { factLines } from '../../output/table.ts';
import { relativeText, timeText } from '../../output/times.ts';
import { type AdminRun, membersOf, type Page } from '../adminRun.ts';
import { changedDocument } from '../changed.ts';
import { type AdminCommand, option, textOf } from '../command.ts';
import { inputOf } from '../inputOf.ts';
import { deliveryLines, deliveryView } from './deliveryLines.ts';

const gate = {
  gate: z.string(),
  why: z.string().nullable(),
  since: z.string(),
  changedBy: z.string(),
  held: z.number(),
  oldestHeldAt: z.string().nullable(),
  found: z.number(),
  counted: z.looseObject({ mails: z.number(), past: z.number() }).nullable(),
};
const gateView = z.looseObject({ mode: z.string(), ...gate });
const decidedView = z.looseObject({ mails: z.number(), gate: z.string(), overSeconds: z.number() });
const restoreView = z.looseObject({
  ...gate,
  raised: z.array(z.looseObject({ series: z.string(), from: z.number(), to: z.number() })),
});
const gateAlone = z.looseObject(gate);
type Gate = z.infer<typeof gateAlone>;

async function showGate(run: AdminRun): Promise<void> {
  const { raw, seen } = await run.read('mail:show', {}, gateView);
  run.show(membersOf(raw), (page) => gateLines(seen, page, seen.mode));
  if (seen.held > 0) run.say('Next: fulfillment mail release, or fulfillment mail drop');
}

const closers: Readonly<Record<string, string>> = {
  brake: 'the brake: more mail, or mail about older purchases, than is ordinary',
  restore: 'restore mode: a backup was restored',
  shadow: 'shadow mode',
};

function gateLines(seen: Gate, { paint, now }: Page, mode?: string): string[] {
  const verdict =
    seen.why === null
      ? paint.green('Mail goes out.')
      : paint.red(`All mail is held by ${closers[seen.why] ?? seen.why}.`);
  return [
    verdict,
    '',
    ...factLines(
      [
        ['mode', mode ?? null],
        ['since', timeText(seen.since, now)],
        ['by', seen.changedBy],
        ['held', String(seen.held)],
        ['oldest', seen.oldestHeldAt === null ? null : relativeText(seen.oldestHeldAt, now)],
        ['found in the journal', seen.found === 0 ? null : String(seen.found)],
        [
          'counted in the hour',
          seen.counted === null ? null : `${seen.counted.mails} mails, ${seen.counted.past} about the past`,
        ],
      ],
      paint.dim,
    ),
  ];
}

const statusOfMail: AdminCommand = {
  words: 'mail status',
  calls: ['mail:show', 'mail:status'],
  changes: false,
  summary: 'show whether mail goes out, what holds it, and what became of what was sent',
  examples: [
    ['fulfillment mail status', ''],
    ['fulfillment mail status --json | jq .delivery.lastDay.bounced', ''],
  ],
  async run(run) {
    const gateNow = await run.read('mail:show', {}, gateView);
    const delivery = await run.read('mail:status', {}, deliveryView);
    run.show({ ...membersOf(gateNow.raw), delivery: delivery.raw }, (page) => [
      ...gateLines(gateNow.seen, page, gateNow.seen.mode),
      ...deliveryLines(delivery.seen, page),
    ]);
    if (gateNow.seen.held > 0) run.say('Next: fulfillment mail release, or fulfillment mail drop');
  },
};

const decided = (
  verb: 'release' | 'drop',
  about: { summary: string; would: string; details: string[]; done: string },
): AdminCommand => ({
  words: `mail ${verb}`,
  calls: [`mail:${verb}`],
  changes: true,
  summary: about.summary,
  about: 'Needs a reason. Look with mail status first.',
  examples: [[`fulfillment mail ${verb} --reason "looked at, ticket 4711"`, `asks for the word ${verb}`]],
  async run(run) {
    const changed = await run.change(
      {
        operation: `mail:${verb}`,
        input: {},
        would: about.would,
        details: about.details,
        danger: { level: 'typed', value: verb, what: 'the word' },
      },
      decidedView,
    );
    if (!changed) return;
    const { mails, gate: standing, overSeconds } = changed.seen;
    run.show(changedDocument(changed), () => [
      `${mails} ${mails === 1 ? 'mail' : 'mails'} ${about.done}${overSeconds > 0 ? ` within ${overSeconds} s` : ''}; the gate is ${standing}.`,
    ]);
  },
});

const release = decided('release', {
  summary: 'let all mail go out that the brake, restore mode or shadow mode has held',
  would: 'let all held mail go out, and open the gate',
  details: ['A mail that has gone out does not come back. Mails from before a restore are looked for first.'],
  done: 'go out',
});

const drop = decided('drop', {
  summary: 'have all mail skipped that is held just now, for good',
  would: 'skip all held mail for good, and open the gate',
  details: ['These buyers get no mail by themselves any more. Receipts can be resent one by one.'],
  done: 'are skipped',
});

const numberOption = (flag: string, what: string) =>
  option(`--${flag} <number>`, `last ${what} known to be issued; numbers begin above it`);

const restoreOn: AdminCommand = {
  words: 'restore-mode on',
  calls: ['mode:restore'],
  changes: true,
  summary: 'after a backup was restored: hold all mail, and begin numbers above those issued',
  about:
    'Do this before the service starts on the restored database: docs/restore.md says how, step by step.',
  options: [
    numberOption('receipts-issued-to', 'receipt'),
    numberOption('credit-notes-issued-to', 'credit note'),
  ],
  examples: [
    [
      'fulfillment restore-mode on --receipts-issued-to R-2026/000123 --reason "backup of 03:00 restored" --direct',
      '',
    ],
  ],
  async run(run, given) {
    const changed = await run.change(
      {
        operation: 'mode:restore',
        input: inputOf({
          mode: 'on',
          receiptsIssuedTo: textOf(given, 'receiptsIssuedTo'),
          creditNotesIssuedTo: textOf(given, 'creditNotesIssuedTo'),
        }),
        would: 'hold all mail until it is released or dropped',
        details: ['A series that is raised is not lowered again: the gap stays, with your reason.'],
        danger: { level: 'yes' },
      },
      restoreView,
    );
    if (!changed) return;
    run.show(changedDocument(changed), (page) => [
      ...gateLines(changed.seen, page),
      ...changed.seen.raised.map(({ series, from, to }) => `${series} goes on after ${to} (was ${from}).`),
    ]);
    run.say('Next: fulfillment restore-mode status');
  },
};

const restoreOff: AdminCommand = {
  words: 'restore-mode off',
  calls: ['mode:restore'],
  changes: true,
  summary: 'end restore mode when no mail is held any more',
  examples: [['fulfillment restore-mode off --reason "all is caught up"', '']],
  async run(run) {
    const changed = await run.change(
      {
        operation: 'mode:restore',
        input: { mode: 'off' },
        would: 'end restore mode, and let mail go out',
        details: ['Refused while mails are held: release or drop them instead.'],
        danger: { level: 'yes' },
      },
      restoreView,
    );
    if (changed) run.show(changedDocument(changed), (page) => gateLines(changed.seen, page));
  },
};

const restoreStatus: AdminCommand = {
  words: 'restore-mode status',
  calls: ['mail:show'],
  changes: false,
  summary: 'show whether restore mode is on, and how many mails it holds or has found',
  examples: [['fulfillment restore-mode status', '']],
  run: showGate,
};

export const heldMailCommands: readonly AdminCommand[] = [statusOfMail, release, drop];
export const restoreModeCommands: readonly AdminCommand[] = [restoreOn, restoreOff, restoreStatus];
