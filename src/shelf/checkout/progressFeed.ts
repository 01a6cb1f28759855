import { Fault } from '../../domain/fault.ts';
import type { CheckoutProgress, CheckoutProgressStore } from '../../ports/checkoutProgress.ts';
import type { Clock } from '../../ports/clock.ts';

/** Told to a listener: how far it has come, each time somebody has looked; or that the payment is not there. */
export type OnProgress = (progress: CheckoutProgress | undefined) => void;

/** Looks for all listeners together: one statement at a time, however many there are. */
export interface ProgressFeed {
  /** @returns how to stop listening; undefined when there are too many listeners */
  listen(paymentId: string, onProgress: OnProgress): (() => void) | undefined;
}

export interface ProgressFeedOptions {
  store: Pick<CheckoutProgressStore, 'ofPayments'>;
  clock: Pick<Clock, 'sleep' | 'elapsedMs'>;
  /** Told of what was thrown; it is tried again. */
  failed(error: unknown): void;
  /** How often it looks. Default 1 s. */
  everyMs?: number;
  /** After so long, a payment is looked at every fifth time alone. Default one minute. */
  eagerForMs?: number;
  /** In this process; default 500. */
  listenersMax?: number;
  /** Of one payment: a few open tabs; default 5. */
  listenersOfPaymentMax?: number;
}

interface Watched {
  sinceMs: number;
  listeners: Set<OnProgress>;
}

const patientRounds = 5;

export function createProgressFeed(options: ProgressFeedOptions): ProgressFeed {
  const {
    store,
    clock,
    everyMs = 1_000,
    eagerForMs = 60_000,
    listenersMax = 500,
    listenersOfPaymentMax = 5,
  } = options;
  const watched = new Map<string, Watched>();
  let listeners = 0;
  let running = false;
  let rest = new AbortController();

  async function look(round: number): Promise<void> {
    const due = [...watched].filter(
      ([, { sinceMs }]) => round % patientRounds === 0 || clock.elapsedMs() - sinceMs < eagerForMs,
    );
    if (due.length === 0) return;
    const found = new Map(
      (await store.ofPayments(due.map(([id]) => id))).map((progress) => [progress.paymentId, progress]),
    );
    for (const [paymentId, { listeners: told }] of due) {
      for (const tell of [...told]) tell(found.get(paymentId));
    }
  }

  /** Runs as long as anybody listens. */
  async function run(): Promise<void> {
    for (let round = 1; watched.size > 0; round += 1) {
      rest = new AbortController();
      await clock.sleep(everyMs, rest.signal);
      if (rest.signal.aborted) continue;
      try {
        await look(round);
      } catch (error) {
        options.failed(error);
        // A database that is away is left alone for a while.
        if (error instanceof Fault) await clock.sleep(everyMs * patientRounds, rest.signal);
      }
    }
    running = false;
  }

  return {
    listen(paymentId, onProgress) {
      const known = watched.get(paymentId);
      if (listeners >= listenersMax || (known?.listeners.size ?? 0) >= listenersOfPaymentMax)
        return undefined;
      const payment = known ?? { sinceMs: clock.elapsedMs(), listeners: new Set() };
      payment.listeners.add(onProgress);
      watched.set(paymentId, payment);
      listeners += 1;
      if (!running) {
        running = true;
        void run();
      }
      return () => {
        if (!payment.listeners.delete(onProgress)) return;
        listeners -= 1;
        if (payment.listeners.size === 0) watched.delete(paymentId);
        // Nobody is kept from ending by a rest that is for nobody.
        if (watched.size === 0) rest.abort();
      };
    },
  };
}
