import { z } from 'zod';
import { roles } from '../../../domain/permissions.ts';
import { exitCodes } from '../../exitCodes.ts';
import { CommandFailure } from '../../failure.ts';
import { relativeText } from '../../output/times.ts';
import { type AdminRun, membersOf } from '../adminRun.ts';
import { readCount } from '../adminOptions.ts';
import { changedDocument } from '../changed.ts';
import { type AdminCommand, argumentOf, type Given, isGiven, numberOf, option, textOf } from '../command.ts';
import { inputOf } from '../inputOf.ts';
import { cursorOption, limitOption, listingLines, sayMore } from '../listing.ts';

const member = z.looseObject({
  subject: z.string(),
  name: z.string().nullable(),
  version: z.number(),
  withheldRoles: z.array(z.string()),
  disabled: z.looseObject({ by: z.string(), reason: z.string() }).nullable(),
  lastSeenAt: z.string(),
  sessions: z.array(z.unknown()),
});
const staffView = z.looseObject({ staff: z.array(member), next: z.string().nullable() });
type Member = z.infer<typeof member>;

const standingOf = ({ disabled, withheldRoles }: Member) =>
  disabled
    ? `shut out by ${disabled.by}: ${disabled.reason}`
    : withheldRoles.length > 0
      ? `without ${withheldRoles.join(', ')}`
      : 'as their token says';

const list: AdminCommand = {
  words: 'staff list',
  calls: ['staff:list'],
  changes: false,
  summary: 'show who of the staff has been here, what is withheld from them, and their open sessions',
  options: [limitOption(50), cursorOption],
  examples: [['fulfillment staff list', '']],
  async run(run, given) {
    const input = inputOf({ limit: numberOf(given, 'limit'), after: textOf(given, 'cursor') });
    const { raw, seen } = await run.read('staff:list', input, staffView);
    run.show(membersOf(raw), (page) =>
      listingLines(
        {
          columns: [
            { title: 'WHO' },
            { title: 'NAME', cutFirst: 2 },
            { title: 'SEEN' },
            { title: 'SESSIONS', align: 'right' },
            { title: 'STANDING', cutFirst: 3 },
          ],
          rows: seen.staff.map((one) => [
            one.subject,
            one.name ?? '',
            relativeText(one.lastSeenAt, page.now),
            String(one.sessions.length),
            standingOf(one),
          ]),
          empty: 'Nobody has been here yet.',
        },
        page,
      ),
    );
    sayMore(run, seen.next);
  },
};

const restrict: AdminCommand = {
  words: 'staff restrict',
  calls: ['staff:list', 'staff:restrict'],
  changes: true,
  summary: 'withhold roles from somebody, shut them out, or take that back',
  about:
    'It works from their next request on. What their token claims can only be taken away here, never added to.',
  arguments: [['<subject>', 'whom, as staff list names them']],
  options: [
    option(
      '--withhold <roles>',
      `roles that count for nothing from now on, with commas: ${roles.join(', ')}`,
    ),
    option('--withhold-none', 'give all roles back'),
    option('--disable', 'shut them out, and end their sessions'),
    option('--enable', 'let them in again'),
    option('--version <number>', 'the version you looked at, instead of looking now', {
      parse: readCount(1, 999_999_999),
    }),
  ],
  examples: [
    ['fulfillment staff restrict "auth0|ben" --disable --reason "has left, ticket 4711"', ''],
    ['fulfillment staff restrict "auth0|ben" --withhold ops_admin --reason "on probation"', ''],
  ],
  async run(run, given) {
    const subject = argumentOf(given);
    const wish = wishOf(given);
    const version = numberOf(given, 'version');
    const seen = version === undefined ? await find(run, subject) : undefined;
    const changed = await run.change(
      {
        operation: 'staff:restrict',
        input: { subject, version: version ?? seen?.version ?? 0, ...wish.input },
        would: `${wish.what} ${subject}`,
        details: seen === undefined ? [] : [`Now: ${standingOf(seen)}.`],
        danger: { level: 'typed', value: subject, what: 'their subject' },
      },
      z.looseObject({ withheldRoles: z.array(z.string()), disabled: z.boolean(), sessionsEnded: z.number() }),
    );
    if (!changed) return;
    const { disabled, withheldRoles, sessionsEnded } = changed.seen;
    run.show(changedDocument(changed), () => [
      `${subject} ${disabled ? 'is shut out' : withheldRoles.length > 0 ? `is without ${withheldRoles.join(', ')}` : 'has all that their token says'}; ${sessionsEnded} sessions ended.`,
    ]);
  },
};

function wishOf(given: Given): { what: string; input: Record<string, boolean | string[]> } {
  const withheld = isGiven(given, 'withholdNone')
    ? []
    : textOf(given, 'withhold')
        ?.split(',')
        .map((role) => role.trim());
  const disabled = isGiven(given, 'disable') ? true : isGiven(given, 'enable') ? false : undefined;
  const contradictory =
    (isGiven(given, 'disable') && isGiven(given, 'enable')) ||
    (isGiven(given, 'withholdNone') && textOf(given, 'withhold') !== undefined);
  if (contradictory || (withheld === undefined && disabled === undefined))
    throw new CommandFailure('Say what shall hold: --withhold, --withhold-none, --disable or --enable.', {
      exitCode: exitCodes.usage,
      code: 'usage',
    });
  const what = [
    ...(disabled === undefined ? [] : [disabled ? 'shut out' : 'let in again']),
    ...(withheld === undefined
      ? []
      : [withheld.length > 0 ? `withhold ${withheld.join(', ')} from` : 'give all roles back to']),
  ].join(' and ');
  return {
    what,
    input: {
      ...(withheld === undefined ? {} : { withheldRoles: withheld }),
      ...(disabled === undefined ? {} : { disabled }),
    },
  };
}

async function find(run: AdminRun, subject: string): Promise<Member> {
  const { seen } = await run.read('staff:list', { limit: 200 }, staffView);
  const found = seen.staff.find((one) => one.subject === subject);
  if (found) return found;
  throw new CommandFailure(`${subject} is not among the 200 who were here last.`, {
    exitCode: exitCodes.notFound,
    code: 'unknown_staff',
    details: [
      'fulfillment staff list shows them. Whoever was never here is kept out at the identity provider.',
    ],
  });
}

const endSessions: AdminCommand = {
  words: 'staff end-sessions',
  calls: ['staff:end_sessions'],
  changes: true,
  summary: 'end the browser sessions of somebody; they may sign in again',
  about: 'Tokens of the command line live on until they expire; to shut those out too, disable the person.',
  arguments: [['<subject>', 'whom, as staff list names them']],
  options: [option('--session <id>', 'this one alone')],
  examples: [['fulfillment staff end-sessions "auth0|ben" --reason "laptop lost"', '']],
  async run(run, given) {
    const subject = argumentOf(given);
    const changed = await run.change(
      {
        operation: 'staff:end_sessions',
        input: { subject, ...inputOf({ sessionId: textOf(given, 'session') }) },
        would: `end ${textOf(given, 'session') === undefined ? 'all browser sessions' : 'one browser session'} of ${subject}`,
        details: [],
        danger: { level: 'yes' },
      },
      z.looseObject({ sessionsEnded: z.number() }),
    );
    if (!changed) return;
    run.show(changedDocument(changed), () => [`${changed.seen.sessionsEnded} sessions of ${subject} ended.`]);
  },
};

export const staffCommands: readonly AdminCommand[] = [list, restrict, endSessions];
