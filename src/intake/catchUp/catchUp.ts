import { errorTrace } from '../../domain/errorTrace.ts';
import { Fault } from '../../domain/fault.ts';
import type { CatchUpState, CatchUpStore } from '../../ports/catchUp.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { SweptPage } from './sweepSales.ts';
import { firstSeenUntil, sweepsDue } from './sweepsDue.ts';

export interface CatchUpOptions {
  /** Unique for this process. */
  worker: string;
  store: Pick<CatchUpStore, 'take' | 'release' | 'plan' | 'advance'>;
  readEvents(state: CatchUpState, signal: AbortSignal): Promise<void>;
  sweepSales(signal: AbortSignal): Promise<SweptPage>;
  watchEndpoint(signal: AbortSignal): Promise<void>;
  clock: Clock;
  telemetry: Telemetry;
  startDate: Date;
  leaseMs: number;
}

export interface CatchUp {
  start(): void;
  /** Resolves when what is under way has ended, and somebody else may go on. */
  stop(): Promise<void>;
}

/** How often those look who do not have the duty, and whoever has it looks whether there is something to do. */
const lookEveryMs = 2_000;
const watchEveryMs = 5 * 60_000;
const busyForMs = 1_000;
const againAfterMs = { first: 2_000, most: 60_000 } as const;

type Duty = 'catch up' | 'read events' | 'sweep sales' | 'watch the webhook';

/**
 * Finds what no webhook has told. Of any number of processes one does it at a time, by a lease in the database; another
 * goes on when that one dies. Each duty waits by itself after a trouble, so that one does not keep the others.
 */
export function createCatchUp(options: CatchUpOptions): CatchUp {
  const { worker, store, clock, telemetry, startDate, leaseMs } = options;
  const troubles = createTroubles(clock, telemetry);
  let stopping: AbortController | undefined;
  let running: Promise<void> = Promise.resolve();

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let restMs = lookEveryMs;
      await troubles.guard('catch up', signal, async () => {
        restMs = await turn(signal);
      });
      await clock.sleep(restMs, signal);
    }
    await store.release(worker).catch(() => undefined);
  }

  /** Does what is due. @returns how long there is nothing to do */
  async function turn(signal: AbortSignal): Promise<number> {
    const state = await store.take(worker, leaseMs);
    if (!state) return lookEveryMs;
    const { seenUntil } = state;
    const sweeps = sweepsDue(state, startDate);
    if (sweeps.length > 0) await store.plan(worker, sweeps);
    if (seenUntil === null) {
      await store.advance(worker, firstSeenUntil(state, startDate));
      return 0;
    }
    if (state.dueInMs <= 0)
      await troubles.guard('read events', signal, () => options.readEvents(state, signal));
    const watchedMs =
      state.watchedAt === null ? watchEveryMs : state.now.getTime() - state.watchedAt.getTime();
    if (watchedMs >= watchEveryMs)
      await troubles.guard('watch the webhook', signal, () => options.watchEndpoint(signal));
    let swept: SweptPage = 'nothing_to_do';
    await troubles.guard('sweep sales', signal, async () => {
      swept = await options.sweepSales(signal);
    });
    return restAfter(swept, state);
  }

  return {
    start() {
      if (stopping && !stopping.signal.aborted) return;
      stopping = new AbortController();
      running = run(stopping.signal);
    },
    async stop() {
      stopping?.abort();
      await running;
    },
  };
}

function restAfter(swept: SweptPage, { dueInMs }: CatchUpState): number {
  if (swept === 'page') return 0;
  const mostMs = swept === 'busy' ? busyForMs : lookEveryMs;
  return dueInMs > 0 ? Math.min(mostMs, dueInMs) : mostMs;
}

/** Lets each duty rest after a trouble, longer with each that follows, or as long as Stripe has asked for. */
function createTroubles(clock: Clock, telemetry: Telemetry) {
  const rests = new Map<Duty, { untilMs: number; lastMs: number }>();

  function rest(duty: Duty, error: unknown): void {
    const before = rests.get(duty)?.lastMs ?? 0;
    const doubled = Math.min(Math.max(againAfterMs.first, 2 * before), againAfterMs.most);
    const asked = error instanceof Fault ? (error.retryAfterMs ?? 0) : 0;
    const waitMs = Math.min(Math.max(doubled, asked), againAfterMs.most);
    rests.set(duty, { untilMs: clock.elapsedMs() + waitMs, lastMs: doubled });
    if (error instanceof Fault && error.reason !== 'unexpected_error')
      telemetry.emit({ name: 'catch_up.failed', during: duty, reason: error.reason, againInMs: waitMs });
    else telemetry.emit({ name: 'unexpected.error', during: duty, ...errorTrace(error) });
  }

  return {
    async guard(duty: Duty, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
      if (clock.elapsedMs() < (rests.get(duty)?.untilMs ?? 0)) return;
      try {
        await work();
        rests.delete(duty);
      } catch (error) {
        // Told to stop in the middle: another goes on.
        if (!signal.aborted) rest(duty, error);
      }
    },
  };
}
