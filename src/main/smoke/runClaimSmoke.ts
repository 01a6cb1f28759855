import PostalMime from 'postal-mime';
import { z } from 'zod';
import { underDeadline } from '../../providers/outbound.ts';
import type { SmokeResult } from './runSmoke.ts';
import { readShelf } from './shelf.ts';
import type { SmokeMailbox } from './target.ts';
import { Hopeless, NotYet, waitFor } from './waiting.ts';

/** A shop whose guests can be claimed for. */
export interface ClaimSmokeTarget {
  apiUrl: string;
  /** The guest's. */
  guestEmail: string;
  mailbox: SmokeMailbox;
  /** The guest buys one book. */
  pay(): Promise<unknown>;
  /** An access token of whoever is signed in under a verified address. */
  accessToken(email: string): Promise<string>;
  pollMs: number;
  /** Where a person looks when a check fails. */
  log: string;
}

export interface ClaimSmokeOptions {
  deadlineSeconds: number;
  signal?: AbortSignal;
  onResult(result: SmokeResult): void;
}

/** What is known by the time a check is made. */
interface Known {
  target: ClaimSmokeTarget;
  signal: AbortSignal;
  /** Signed in under another address than the guest's. */
  claimant: string;
  /** Signed in under the guest's address, later than the claimant. */
  second: string;
  since: Date;
  code: string;
}

type Check = readonly [name: string, make: (known: Known) => Promise<string>];

/**
 * A guest buys, somebody signed in under another address asks for a code, types it and has the books; whoever comes
 * after is refused. One check after the other: the first that fails ends it.
 */
export async function runClaimSmoke(
  target: ClaimSmokeTarget,
  { deadlineSeconds, signal = new AbortController().signal, onResult }: ClaimSmokeOptions,
): Promise<SmokeResult[]> {
  return underDeadline(signal, deadlineSeconds * 1000, async (limit) => {
    const known: Known = {
      target,
      signal: limit,
      claimant: await target.accessToken(`account-of-${target.guestEmail}`),
      second: await target.accessToken(target.guestEmail),
      since: new Date(Date.now() - 5_000),
      code: '',
    };
    const results: SmokeResult[] = [];
    for (const check of checks) {
      const result = await runCheck(check, known);
      results.push(result);
      onResult(result);
      if (result.state === 'failed') break;
    }
    return results;
  });
}

async function runCheck([check, make]: Check, known: Known): Promise<SmokeResult> {
  const startedMs = performance.now();
  const { signal, target } = known;
  const waited = await waitFor(() => make(known), { signal, pollMs: target.pollMs });
  const seconds = Math.round(performance.now() - startedMs) / 1000;
  if (waited.came) return { check, state: 'ok', seconds, evidence: waited.value };
  return { check, state: 'failed', seconds, evidence: waited.reason, lookAt: target.log };
}

const checks: readonly Check[] = [
  [
    'purchase',
    async ({ target }) => {
      await target.pay();
      return `a guest has paid: ${target.guestEmail}`;
    },
  ],
  ['pending shelf', async (known) => `${await oneBook(known, known.second, 'pending')} waits to be claimed`],
  [
    'code asked for',
    async (known) => insist(await post(known, known.claimant, 'claim-codes', {}), 202, 'asked'),
  ],
  ['code mailed', readCode],
  [
    'wrong code',
    async (known) =>
      insist(
        await post(known, known.claimant, 'claim-codes/confirm', { code: 'WRONG000' }),
        403,
        'code_not_valid',
      ),
  ],
  [
    'code stolen',
    async (known) =>
      insist(
        await post(known, known.second, 'claim-codes/confirm', { code: known.code }),
        403,
        'code_not_valid',
      ),
  ],
  [
    'claimed',
    async (known) =>
      insist(await post(known, known.claimant, 'claim-codes/confirm', { code: known.code }), 200, 'claimed'),
  ],
  ['shelf', async (known) => `${await oneBook(known, known.claimant, undefined)} is on the account’s shelf`],
  [
    'code again',
    async (known) =>
      insist(
        await post(known, known.claimant, 'claim-codes/confirm', { code: known.code }),
        403,
        'code_not_valid',
      ),
  ],
  [
    'second claimant',
    async (known) => insist(await post(known, known.second, 'claim', {}), 409, 'claimed_by_another_sign_in'),
  ],
];

async function oneBook(
  { target, signal }: Known,
  token: string,
  claim: 'pending' | undefined,
): Promise<string> {
  const { items, notice } = await readShelf(target.apiUrl, token, signal);
  const [book] = items;
  if (!book) throw new NotYet(notice === undefined ? 'the shelf is empty' : `the shelf says ${notice}`);
  if (book.status !== 'active') throw new NotYet(`“${book.title}” is ${book.status}`);
  if (items.length > 1) throw new Hopeless(`${items.length} books are on the shelf, and one was bought`);
  if (book.claim !== claim)
    throw new Hopeless(
      claim === undefined ? `“${book.title}” is still to be claimed` : `“${book.title}” is claimed already`,
    );
  return `“${book.title}”`;
}

async function readCode(known: Known): Promise<string> {
  const { target, signal, since } = known;
  for (const raw of await target.mailbox.read(since, signal)) {
    const { text = '', subject = '' } = await PostalMime.parse(raw);
    const [, code] = /^ {3}([0-9A-Z]{8})\r?$/m.exec(text) ?? [];
    if (code === undefined) continue;
    known.code = code;
    return `“${subject}”`;
  }
  throw new NotYet('no mail with a code');
}

const answerShape = z.object({ outcome: z.string().optional(), code: z.string().optional() });

interface Answered {
  status: number;
  told: string;
}

async function post(
  { target, signal }: Known,
  token: string,
  path: string,
  typed: { code?: string },
): Promise<Answered> {
  const answer = await fetch(`${target.apiUrl}/v1/shelf/${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      connection: 'close',
      ...(path !== 'claim' && { 'content-type': 'application/json' }),
    },
    ...(path !== 'claim' && { body: JSON.stringify({ email: target.guestEmail, ...typed }) }),
    signal,
  });
  const { outcome, code } = answerShape.parse(await answer.json());
  return { status: answer.status, told: outcome ?? code ?? '' };
}

/** @throws Hopeless when another answer came: asked again, it would be no better */
function insist({ status, told }: Answered, expectedStatus: number, expected: string): string {
  if (status === expectedStatus && told === expected) return `${status} ${told}`;
  throw new Hopeless(`${status} ${told} came, and not ${expectedStatus} ${expected}`);
}
