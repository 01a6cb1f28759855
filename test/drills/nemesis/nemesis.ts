import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../../src/ports/random.ts';
import { analyticsFault, smtpFault, stripeFaults } from '../../acceptance/shop.ts';
import { createSeededRandom } from '../../fakes/seededRandom.ts';
import type { Boundary } from '../boundary.ts';
import { type DrilledShop, openDrilledShop } from '../drilledShop.ts';
import { startKeeper } from './keeper.ts';
import { type NemesisOptions, replayCommand } from './options.ts';
import { spread } from './schedule.ts';
import { sell } from './seller.ts';
import { type Battlefield, type Strike, strikes } from './strikes.ts';

export interface NemesisReport {
  payments: number;
  /** Processes of the product, in all. */
  processes: number;
  fired: Record<string, { planned: number; fired: number }>;
  boundaries: { struck: number; known: number };
  /** From the last fault until nothing is left to do; null when that was not reached. */
  restMs: number | null;
  violations: string[];
  tookMs: number;
  seed: number;
  replay: string;
}

const workers = 4;
const leaseMs = 2_000;
const restWithinMs = 60_000;
/** Faults strike in this share of the time, so that the last payments too come while they do. */
const strikingShare = 0.95;
const againAfterMs = 300;

/**
 * Payments come and faults strike for a time; then all is left alone, must come to rest, and is checked.
 *
 * @param signal ends it early, with everything taken down
 */
export async function runNemesis(
  options: NemesisOptions,
  say: (line: string) => void,
  signal: AbortSignal = new AbortController().signal,
): Promise<NemesisReport> {
  const beganMs = performance.now();
  const shop = await openDrilledShop();
  const ended = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('It was told to end.')), { once: true });
  });
  try {
    signal.throwIfAborted();
    return await Promise.race([strikeAndCheck(shop, options, say, beganMs), ended]);
  } finally {
    await shop.remove();
  }
}

async function strikeAndCheck(
  shop: DrilledShop,
  options: NemesisOptions,
  say: (line: string) => void,
  beganMs: number,
): Promise<NemesisReport> {
  const boundaries = await survey(shop);
  const keeper = startKeeper({ shop, workers, leaseMs });
  const covered = new Set<Boundary>();
  const field: Battlefield = { shop, keeper, leaseMs, boundaries, covered };
  const overMs = options.minutes * 60_000;
  const fired: NemesisReport['fired'] = {};
  const tally: Tally = { fired, lastMs: beganMs, troubles: new Map() };
  const telling = setInterval(() => void tell(shop, fired, say).catch(() => undefined), 15_000);
  try {
    await Promise.all([
      sell(shop, options.payments, overMs, randomOf(options, 'payments')),
      ...strikes.map(async (strike) => {
        fired[strike.kind] = { planned: planned(strike, options.payments), fired: 0 };
        await strikeOver(strike, field, overMs * strikingShare, randomOf(options, strike.kind), tally);
      }),
    ]);
    await heal(shop);
    const unrest = await shop.rest(restWithinMs).then(
      () => undefined,
      (error: unknown) => (error as Error).message,
    );
    const restMs = unrest === undefined ? performance.now() - tally.lastMs : null;
    const violations = [
      ...Object.entries(fired)
        .filter(([, count]) => count.fired < count.planned)
        .map(([kind, count]) => `${kind} struck ${count.fired} times of ${count.planned}${why(tally, kind)}`),
      ...(unrest === undefined ? [] : [`The shop did not come to rest: ${unrest}`]),
      ...(await shop.violations()),
    ];
    if (violations.length === 0) violations.push(...(await shop.afterReplay()));
    return {
      payments: shop.purchases.length,
      processes: keeper.hired,
      fired,
      boundaries: { struck: covered.size, known: boundaries.length },
      restMs,
      violations,
      tookMs: performance.now() - beganMs,
      seed: options.seed,
      replay: replayCommand(options),
    };
  } finally {
    clearInterval(telling);
    await keeper.stop();
  }
}

interface Tally {
  fired: NemesisReport['fired'];
  /** When the last fault struck. */
  lastMs: number;
  /** Why a kind of fault could not strike, the last time. */
  troubles: Map<string, unknown>;
}

function why({ troubles }: Tally, kind: string): string {
  const trouble = troubles.get(kind);
  return trouble === undefined ? '' : `, lastly because of: ${(trouble as Error).message}`;
}

const planned = ({ perPayment }: Strike, payments: number) => Math.max(1, Math.round(perPayment * payments));

/** Each kind of fault draws its own numbers, so that one that comes late does not change what the others do. */
function randomOf({ seed }: NemesisOptions, name: string): Random {
  let mixed = seed >>> 0;
  for (const letter of name) mixed = Math.imul(mixed ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  return createSeededRandom(mixed);
}

/** Every boundary that payments of one to three books come by. */
async function survey(shop: DrilledShop): Promise<[Boundary, ...Boundary[]]> {
  await shop.openDoor();
  const watched = await shop.work('survey', { hooks: { survey: true } });
  await shop.buy(3);
  await shop.rest();
  const [first, ...others] = [...watched.boundaries].toSorted();
  await watched.dismiss();
  if (first === undefined) throw new Error('No boundary was seen.');
  return [first, ...others];
}

async function strikeOver(
  { kind, strike }: Strike,
  field: Battlefield,
  overMs: number,
  random: Random,
  tally: Tally,
): Promise<void> {
  const beganMs = performance.now();
  const count = tally.fired[kind] ?? { planned: 0, fired: 0 };
  const strikes = () =>
    strike(field, random).catch((error: unknown) => {
      tally.troubles.set(kind, error);
      return false;
    });
  for (const atMs of spread(count.planned, overMs, random)) {
    const waitMs = beganMs + atMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    // What cannot strike now, because another fault is in its way, strikes a little later.
    while (!(await strikes())) {
      if (performance.now() - beganMs > overMs * 1.2) return;
      await sleep(againAfterMs);
    }
    count.fired += 1;
    tally.lastMs = performance.now();
  }
}

async function heal(shop: DrilledShop): Promise<void> {
  shop.proxy.clear();
  await Promise.all([
    stripeFaults(shop, {}),
    smtpFault(shop, { mode: 'none' }),
    analyticsFault(shop, { mode: 'none' }),
  ]);
}

async function tell(
  shop: DrilledShop,
  fired: NemesisReport['fired'],
  say: (line: string) => void,
): Promise<void> {
  const struck = Object.values(fired).reduce((sum, count) => sum + count.fired, 0);
  const planned = Object.values(fired).reduce((sum, count) => sum + count.planned, 0);
  say(
    `${shop.purchases.length} payments, ${await shop.completed()} completed, ${struck} of ${planned} faults`,
  );
}
