import { errorTrace } from '../domain/errorTrace.ts';
import { guardrails } from '../domain/guardrails.ts';
import { Fault } from '../domain/fault.ts';
import type { AlertChannel, DeliveryBook } from '../ports/alertDelivery.ts';
import type { Clock } from '../ports/clock.ts';
import type { Telemetry } from '../ports/telemetry.ts';

export interface SentinelOptions {
  /** Looks at every rule. Rejects when the database cannot be asked, also when it takes the question and never answers. */
  keepRules(): Promise<void>;
  /** Tells of orders whose time is over. */
  tellBreaches(): Promise<void>;
  /** @returns how much was due */
  deliver(): Promise<number>;
  book: Pick<DeliveryBook, 'setChannels' | 'wantDailyTest'>;
  channels: readonly AlertChannel[];
  blindWatch: { blind(): Promise<void>; sighted(): Promise<void> };
  /** Says outside that all is well; absent where nobody listens. */
  beat: (() => Promise<void>) | undefined;
  clock: Clock;
  telemetry: Telemetry;
  /** How often it looks, tells and beats. */
  everyMs?: { look?: number; deliver?: number; beat?: number };
}

const deliverEveryMs = 2_500;
const beatEveryMs = 60_000;

/**
 * Watches over the promise with nothing but the database and a way to people: what holds becomes an alert, an alert is told
 * until it is heard, and when the database is gone, that is told without it.
 */
export function createSentinel(options: SentinelOptions) {
  const { clock, telemetry, blindWatch, everyMs = {} } = options;
  const stopping = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  let channelsSet = false;
  let lookedAtMs = -Infinity;

  async function look(): Promise<void> {
    try {
      if (!channelsSet) await options.book.setChannels(options.channels);
      channelsSet = true;
      await options.keepRules();
      await options.tellBreaches();
      await options.book.wantDailyTest();
      lookedAtMs = clock.elapsedMs();
      await blindWatch.sighted();
    } catch (error) {
      tell('sentinel', error);
      await blindWatch.blind();
    }
  }

  function tell(during: string, error: unknown): void {
    if (error instanceof Fault) telemetry.emit({ name: 'database.unavailable', during, error: error.reason });
    else telemetry.emit({ name: 'unexpected.error', during, ...errorTrace(error) });
  }

  async function every(ms: number, work: () => Promise<unknown>): Promise<void> {
    while (!stopping.signal.aborted) {
      await work().catch((error: unknown) => tell('alert_delivery', error));
      await clock.sleep(ms, stopping.signal);
    }
  }

  return {
    look,
    /** How long ago every rule was looked at. */
    lookedMsAgo: () => clock.elapsedMs() - lookedAtMs,
    start(): void {
      telemetry.emit({ name: 'sentinel.started', channels: [...options.channels] });
      const { beat } = options;
      running = Promise.all([
        every(everyMs.look ?? guardrails.lookEveryMs, look),
        every(everyMs.deliver ?? deliverEveryMs, options.deliver),
        ...(beat ? [every(everyMs.beat ?? beatEveryMs, beat)] : []),
      ]);
    },
    /** Resolves when what is under way has ended. */
    async stop(): Promise<void> {
      stopping.abort();
      await running;
      telemetry.emit({ name: 'sentinel.stopped' });
    },
  };
}
