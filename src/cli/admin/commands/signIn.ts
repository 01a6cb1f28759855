import { z } from 'zod';
import { Fault } from '../../../domain/fault.ts';
import type { DevicePoll } from '../../../ports/staff.ts';
import type { SignInDuties } from '../../duties.ts';
import { exitCodes } from '../../exitCodes.ts';
import { CommandFailure } from '../../failure.ts';
import { factLines } from '../../output/table.ts';
import { safeJson, safeText } from '../../output/safeText.ts';
import { durationText } from '../../output/times.ts';
import { AdminProblem } from '../adminClient.ts';
import { type AdminRun, membersOf, type Page } from '../adminRun.ts';
import type { AdminCommand } from '../command.ts';

const meView = z.looseObject({
  subject: z.string(),
  name: z.string().nullable(),
  roles: z.array(z.string()),
  permissions: z.array(z.string()),
});

function meLines(me: z.infer<typeof meView>, { paint, columns }: Page): string[] {
  const groups = new Map<string, string[]>();
  for (const permission of me.permissions) {
    const [subject = '', verb = ''] = permission.split(':');
    groups.set(subject, [...(groups.get(subject) ?? []), verb]);
  }
  const may = Array.from(groups, ([subject, verbs]): [string, string] => [
    `  ${subject}`,
    verbs.join(', ').slice(0, columns),
  ]);
  return [
    `${me.name ?? me.subject}: ${me.roles.length === 0 ? paint.yellow('no roles, so nothing is allowed') : me.roles.join(', ')}`,
    ...factLines([['subject', me.subject]], paint.dim),
    ...(may.length === 0 ? [] : ['may', ...factLines(may, paint.dim)]),
  ];
}

const whoami: AdminCommand = {
  words: 'whoami',
  calls: [],
  changes: false,
  summary: 'show who you are here, your roles, and what they allow',
  examples: [
    ['fulfillment whoami', ''],
    ['fulfillment whoami --json | jq .roles', ''],
  ],
  async run(run) {
    const raw = await run.me();
    const me = meView.parse(safeJson(raw));
    run.show(membersOf(raw), (page) => meLines(me, page));
  },
};

const login: AdminCommand = {
  words: 'login',
  calls: [],
  changes: false,
  summary: 'sign in, by a code that you confirm in a browser on any device',
  about:
    'What is kept of it stands in a file that only you may read. It holds a token, so treat it as a password.',
  examples: [
    ['fulfillment login', ''],
    ['fulfillment login --api https://api.books.example', 'the first time: the address is remembered'],
  ],
  async run(run) {
    const desk = await run.signIn();
    const code = await desk.start();
    const page = safeText(code.completeUrl ?? code.verificationUrl);
    // Asked for, so said even when little is to be said.
    run.terminal.say(`Open ${page}`);
    run.terminal.say(`and compare the code: ${run.terminal.said.bold(safeText(code.userCode))}`);
    run.say(`It is good for ${durationText(code.expiresInSeconds)}. Waiting …`);
    const poll = await polled(run, desk, code);
    if (poll.kind !== 'issued') throw notSignedIn(poll.kind);
    const { file } = await desk.keep(poll.tokens);
    run.say(`Signed in at ${safeText(desk.apiUrl)}; kept in ${safeText(file)}.`);
    const raw = await run.me();
    const me = meView.parse(safeJson(raw));
    run.show({ ...membersOf(raw), apiUrl: desk.apiUrl, file }, (shown) => meLines(me, shown));
  },
};

/** RFC 8628 §3.5: not oftener than told, and five seconds less often each time it says so. */
async function polled(
  run: AdminRun,
  desk: SignInDuties,
  { deviceCode, intervalSeconds, expiresInSeconds }: Awaited<ReturnType<SignInDuties['start']>>,
): Promise<DevicePoll> {
  const endsAt = run.now().getTime() + expiresInSeconds * 1_000;
  let everyMs = intervalSeconds * 1_000;
  while (run.now().getTime() + everyMs <= endsAt) {
    await run.wait(everyMs);
    if (run.signal.aborted)
      throw new AdminProblem({ kind: 'unavailable', code: 'interrupted', detail: 'Interrupted.' });
    const poll = await desk.poll(deviceCode).catch(awayForNow);
    if (poll.kind === 'slow_down') everyMs += 5_000;
    else if (poll.kind !== 'pending') return poll;
  }
  return { kind: 'expired' };
}

/** §3.5: an identity provider that does not answer is asked less often, and not given up. */
function awayForNow(error: unknown): DevicePoll {
  if (error instanceof Fault) return { kind: 'slow_down' };
  throw error;
}

const notSignedIn = (kind: string) =>
  new CommandFailure(kind === 'denied' ? 'Signing in was refused in the browser.' : 'The code has expired.', {
    exitCode: exitCodes.notAllowed,
    code: `sign_in_${kind}`,
    details: ['Begin again: fulfillment login'],
  });

const logout: AdminCommand = {
  words: 'logout',
  calls: [],
  changes: false,
  summary: 'forget the sign-in of this machine',
  examples: [['fulfillment logout', '']],
  async run(run) {
    const desk = await run.signIn();
    const forgotten = await desk.forget();
    run.show({ apiUrl: desk.apiUrl, forgotten }, () => [forgotten ? 'Signed out.' : 'Nobody was signed in.']);
  },
};

export const signInCommands: readonly AdminCommand[] = [login, logout, whoami];
