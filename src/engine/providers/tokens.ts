import type { Clock } from '../../ports/clock.ts';
import type {
  ProviderControlStore,
  ProviderLimit,
  TokenAsk,
  TokenGrant,
} from '../../ports/providerControl.ts';
import type { Random } from '../../ports/random.ts';
import { Parked } from './parked.ts';
import { tellTrouble, type TroubleListener } from './trouble.ts';

export interface TokensOptions extends TroubleListener {
  control: ProviderControlStore;
  clock: Clock;
  random: Random;
  limits: Record<string, ProviderLimit>;
}

/** The token bucket of providers with a rate, as this process sees it. */
export interface Tokens {
  /**
   * Resolves with a token taken, at once for a provider without a rate. Rejects with `Parked` when the wait would be
   * longer than a moment, and with the signal's reason.
   */
  take(provider: string, signal: AbortSignal): Promise<void>;
  /** Enough calls wait here for the next tokens: another one will be sent away. */
  isDry(provider: string): boolean;
}

/** How long a call waits here for its token, with its job held; who would wait longer leaves. */
const keepForMs = 500;
const keepsMax = 8;
/** Others may have been quicker: after so long even who stays leaves. */
const patienceMs = 2 * keepForMs;
/** Calls of one moment ask together; between two questions lies at least this. */
const gatherMs = 1;
const askEveryMs = 50;
const spreadMs = 1_000;

interface Waiter {
  sinceMs: number;
  /** Whether an answer has left it waiting. */
  asked: boolean;
  admit(): void;
  park(afterMs: number): void;
}

interface Bucket {
  ratePerSecond: number;
  burst: number;
  keeps: number;
  waiting: Waiter[];
  /** By the last answer, no token before this. */
  dryUntilMs: number;
}

function bucketOf({ ratePerSecond, burst }: ProviderLimit): Bucket | undefined {
  if (ratePerSecond === undefined) return undefined;
  const keeps = Math.min(keepsMax, Math.floor((ratePerSecond * keepForMs) / 1000));
  const atOnce = burst ?? Math.max(1, Math.ceil(ratePerSecond));
  return { ratePerSecond, burst: atOnce, keeps, waiting: [], dryUntilMs: -Infinity };
}

export function createTokens(options: TokensOptions): Tokens {
  const { control, clock, random } = options;
  const buckets = new Map<string, Bucket>();
  for (const [provider, limit] of Object.entries(options.limits)) {
    const bucket = bucketOf(limit);
    if (bucket) buckets.set(provider, bucket);
  }
  let serving: Promise<void> | undefined;
  let nap = new AbortController();

  const thirsty = () => [...buckets].filter(([, bucket]) => bucket.waiting.length > 0);

  /** Asks for all who wait, until nobody does. */
  async function serve(): Promise<void> {
    await clock.sleep(gatherMs);
    for (let asking = thirsty(); asking.length > 0; asking = thirsty()) {
      const askedMs = clock.elapsedMs();
      try {
        const asks = asking.map(([provider, bucket]): TokenAsk => {
          const { ratePerSecond, burst, keeps, waiting } = bucket;
          return { provider, wanted: waiting.length, keeps, ratePerSecond, burst };
        });
        const grants = await control.takeTokens(asks);
        for (const [index, grant] of grants.entries()) share(grant, asks[index]?.wanted ?? 0);
      } catch (error) {
        tellTrouble(options, error, 'tokens of providers');
        // Without a database nobody may call, and nobody need wait here for it.
        for (const [, bucket] of asking)
          for (const waiter of bucket.waiting.splice(0)) waiter.park(keepForMs);
      }
      await pause(askedMs);
    }
  }

  function share({ provider, granted, nextInMs, lineInMs }: TokenGrant, wanted: number): void {
    const bucket = buckets.get(provider);
    if (!bucket) return;
    const nowMs = clock.elapsedMs();
    // Who came while the question was on its way was not asked for.
    const asked = bucket.waiting.splice(0, wanted);
    for (const waiter of asked.splice(0, granted)) waiter.admit();
    if (asked.length > 0) bucket.dryUntilMs = nowMs + nextInMs;
    const kept = asked.splice(0, bucket.keeps);
    const patient = kept.filter(({ sinceMs }) => nowMs - sinceMs < patienceMs);
    for (const waiter of kept) if (!patient.includes(waiter)) waiter.park(random.next() * spreadMs);
    for (const [place, waiter] of asked.entries())
      waiter.park(lineInMs + (place * 1000) / bucket.ratePerSecond + random.next() * spreadMs);
    for (const waiter of patient) waiter.asked = true;
    bucket.waiting.unshift(...patient);
  }

  /** Until the next token, or until somebody new comes; never so short that questions follow each other like rain. */
  async function pause(askedMs: number): Promise<void> {
    const waiting = thirsty();
    if (waiting.length === 0) return;
    nap = new AbortController();
    const nextMs = Math.min(...waiting.map(([, { dryUntilMs }]) => dryUntilMs));
    const isNew = waiting.some(([, bucket]) => bucket.waiting.some(({ asked }) => !asked));
    if (!isNew) await clock.sleep(Math.max(0, nextMs - clock.elapsedMs()), nap.signal);
    await clock.sleep(Math.max(0, askedMs + askEveryMs - clock.elapsedMs()));
  }

  return {
    take(provider, signal) {
      const bucket = buckets.get(provider);
      if (!bucket) return Promise.resolve();
      if (signal.aborted) return Promise.reject(signal.reason as Error);
      return new Promise((resolve, reject) => {
        const leave = () => signal.removeEventListener('abort', giveUp);
        const waiter: Waiter = {
          sinceMs: clock.elapsedMs(),
          asked: false,
          admit: () => (leave(), resolve()),
          park: (afterMs) => (leave(), reject(new Parked({ provider, reason: 'provider_rate', afterMs }))),
        };
        const giveUp = () => {
          bucket.waiting = bucket.waiting.filter((one) => one !== waiter);
          reject(signal.reason as Error);
        };
        signal.addEventListener('abort', giveUp, { once: true });
        bucket.waiting.push(waiter);
        serving ??= serve().finally(() => (serving = undefined));
        nap.abort();
      });
    },
    isDry(provider) {
      const bucket = buckets.get(provider);
      return (
        bucket !== undefined && bucket.waiting.length >= bucket.keeps && bucket.dryUntilMs > clock.elapsedMs()
      );
    },
  };
}
