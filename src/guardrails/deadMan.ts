import { toFault } from '../domain/fault.ts';
import { guardrails } from '../domain/guardrails.ts';
import type { DeadManSwitch, SentinelBook } from '../ports/alertDelivery.ts';
import type { DatabaseTruth } from '../ports/databaseTruth.ts';
import type { Telemetry } from '../ports/telemetry.ts';

export interface DeadManOptions {
  outside: DeadManSwitch;
  readTruth(): Promise<DatabaseTruth>;
  sentinel: Pick<SentinelBook, 'watchdogAgeMs'>;
  /** How long ago this process looked at every rule. */
  lookedMsAgo(): number;
  channels: readonly string[];
  besideAlertmanager: boolean;
  telemetry: Telemetry;
}

const watchdogFreshMs = 2 * 60_000;
const callTimeoutMs = 10_000;
/** The day's test, with what it takes to be repeated. */
const testFreshMs = guardrails.dailyOverdueMs;

/**
 * Says outside that all is well, and only then: whoever hears nothing for a while rings. So silence anywhere along the
 * way, in this process, in the database, in Alertmanager or on a channel, is heard by somebody who depends on none of them.
 */
export function createDeadMan(options: DeadManOptions) {
  const { outside, telemetry } = options;

  async function ailment(): Promise<string | undefined> {
    if (options.lookedMsAgo() > guardrails.sentinelSilentMs) return 'rules_not_looked_at';
    const { channelTests, at } = await options.readTruth();
    const untested = options.channels.find((channel) => {
      const succeededAt = channelTests.find((test) => test.channel === channel)?.succeededAt;
      return !succeededAt || at.getTime() - succeededAt.getTime() > testFreshMs;
    });
    if (untested !== undefined) return `${untested}_not_tested`;
    if (!options.besideAlertmanager) return undefined;
    const ageMs = await options.sentinel.watchdogAgeMs();
    return ageMs === null || ageMs > watchdogFreshMs ? 'alertmanager_silent' : undefined;
  }

  return async (): Promise<void> => {
    try {
      const reason = await ailment();
      if (reason !== undefined) return telemetry.emit({ name: 'dead_man.beat', result: 'withheld', reason });
      await outside.beat(AbortSignal.timeout(callTimeoutMs));
      telemetry.emit({ name: 'dead_man.beat', result: 'delivered' });
    } catch (error) {
      telemetry.emit({ name: 'dead_man.beat', result: 'failed', reason: toFault(error).reason });
    }
  };
}
