import type { Clock } from '../../ports/clock.ts';
import type { ProviderControlStore, ProviderLimit, SlotAsk, SlotShare } from '../../ports/providerControl.ts';
import { tellTrouble, type TroubleListener } from './trouble.ts';

export interface SlotsOptions extends TroubleListener {
  control: ProviderControlStore;
  clock: Clock;
  limits: Record<string, ProviderLimit>;
  /** Unique per process. */
  worker: string;
}

/** Calls that may be under way at one time, across all workers, as this process sees them. */
export interface Slots {
  /**
   * Resolves when this process may make one more call, at once for a provider without such a limit; the returned
   * function gives the slot back. Rejects with the signal's reason.
   */
  enter(provider: string, signal: AbortSignal): Promise<() => void>;
  /** A slot, if this process has one to give now, or the provider has no such limit. */
  tryEnter(provider: string): (() => void) | undefined;
  /** Gives back everything, for the others to have at once. */
  stop(): Promise<void>;
}

/** How long the slots of a process that died stay taken. */
const ttlMs = 10_000;
/** Share of it in which a process that gets no answer goes on starting calls. */
const fenceShare = 0.75;
/** How often slots are renewed while there is demand, and shortly after which something urgent is said. */
const renewEveryMs = 500;
const sayEveryMs = 50;
/** How long slots are kept that nobody needs just now: demand comes in waves. */
const keepIdleMs = 1_000;

interface Pool {
  concurrencyMax: number;
  allowed: number;
  inUse: number;
  waiting: Array<() => void>;
  /** The most that was needed of late, and when it was. */
  needed: number;
  neededMs: number;
  /** What the others know that we want. */
  told: number;
}

export function createSlots(options: SlotsOptions): Slots {
  const { control, clock, worker } = options;
  const pools = new Map<string, Pool>();
  for (const [provider, { concurrencyMax }] of Object.entries(options.limits)) {
    if (concurrencyMax === undefined) continue;
    pools.set(provider, {
      concurrencyMax,
      allowed: 0,
      inUse: 0,
      waiting: [],
      needed: 0,
      neededMs: -Infinity,
      told: 0,
    });
  }
  let stopped = false;
  let keeping: Promise<void> | undefined;
  let nap = new AbortController();
  let validUntilMs = -Infinity;
  let urgent = false;

  function hurry(): void {
    urgent = true;
    nap.abort();
  }

  /** What is needed now, or was within the last moment. */
  function neededBy(pool: Pool): number {
    const needed = Math.min(pool.concurrencyMax, pool.inUse + pool.waiting.length);
    const nowMs = clock.elapsedMs();
    if (needed >= pool.needed || nowMs - pool.neededMs > keepIdleMs) {
      pool.needed = needed;
      pool.neededMs = nowMs;
    }
    return pool.needed;
  }

  const isLive = ([, pool]: [string, Pool]) => pool.told + pool.inUse + pool.waiting.length > 0;

  /** Says what is held and wanted for as long as there is demand, and once more when there is none left. */
  async function keep(): Promise<void> {
    for (let live = [...pools].filter(isLive); live.length > 0; live = [...pools].filter(isLive)) {
      const saidMs = clock.elapsedMs();
      urgent = false;
      await say(live, saidMs);
      nap = new AbortController();
      if (!urgent && !stopped) await clock.sleep(renewEveryMs, nap.signal);
      if (stopped) return;
      await clock.sleep(Math.max(0, saidMs + sayEveryMs - clock.elapsedMs()));
    }
  }

  async function say(live: Array<[string, Pool]>, saidMs: number): Promise<void> {
    const asks = live.map(([provider, pool]): SlotAsk => {
      const { concurrencyMax, inUse } = pool;
      return { provider, concurrencyMax, inUse, wanted: neededBy(pool) };
    });
    try {
      const shares = await control.shareSlots(worker, ttlMs, asks);
      validUntilMs = saidMs + ttlMs * fenceShare;
      for (const ask of asks) adopt(ask, shares);
    } catch (error) {
      tellTrouble(options, error, 'slots of providers');
    }
  }

  function adopt({ provider, wanted }: SlotAsk, shares: SlotShare[]): void {
    const pool = pools.get(provider);
    if (!pool) return;
    pool.allowed = shares.find((share) => share.provider === provider)?.allowed ?? 0;
    pool.told = wanted;
    while (hasRoom(pool) && pool.waiting.length > 0) pool.waiting.shift()?.();
  }

  const hasRoom = (pool: Pool) => pool.inUse < pool.allowed && clock.elapsedMs() < validUntilMs;

  function leave(pool: Pool): void {
    pool.inUse -= 1;
    if (hasRoom(pool) && pool.waiting.length > 0) pool.waiting.shift()?.();
    // What we had to hold on to longer than we were entitled to, others wait for.
    else if (pool.inUse >= pool.allowed) hurry();
  }

  function occupy(pool: Pool): () => void {
    pool.inUse += 1;
    neededBy(pool);
    keeping ??= keep().finally(() => (keeping = undefined));
    let left = false;
    return () => {
      if (!left) leave(pool);
      left = true;
    };
  }

  function tryEnter(provider: string): (() => void) | undefined {
    const pool = pools.get(provider);
    if (!pool) return () => undefined;
    return hasRoom(pool) && pool.waiting.length === 0 ? occupy(pool) : undefined;
  }

  return {
    tryEnter,
    enter(provider, signal) {
      if (signal.aborted) return Promise.reject(signal.reason as Error);
      const slot = tryEnter(provider);
      const pool = pools.get(provider);
      if (slot || !pool) return Promise.resolve(slot ?? (() => undefined));
      return new Promise((resolve, reject) => {
        const admit = () => {
          signal.removeEventListener('abort', giveUp);
          resolve(occupy(pool));
        };
        const giveUp = () => {
          pool.waiting = pool.waiting.filter((one) => one !== admit);
          reject(signal.reason as Error);
        };
        signal.addEventListener('abort', giveUp, { once: true });
        pool.waiting.push(admit);
        // More is wanted than the others know of.
        if (neededBy(pool) > pool.told) hurry();
        keeping ??= keep().finally(() => (keeping = undefined));
      });
    },

    async stop() {
      stopped = true;
      nap.abort();
      await keeping;
      const held = [...pools].filter(([, pool]) => pool.told > 0);
      const asks = held.map(([provider, { concurrencyMax }]) => ({
        provider,
        concurrencyMax,
        inUse: 0,
        wanted: 0,
      }));
      if (asks.length > 0)
        await control
          .shareSlots(worker, ttlMs, asks)
          .catch((error: unknown) => tellTrouble(options, error, 'slots of providers'));
    },
  };
}
