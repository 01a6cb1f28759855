import type pg from 'pg';
import { errorName } from '../domain/errorTrace.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { tellShopPlan, tellShopSlaSeconds } from '../steps/tellShop.ts';
import { trackPlan, trackSlaSeconds } from '../steps/trackEvent.ts';
import { type OutgoingSetting, setOutgoing } from '../store/outgoing/setOutgoing.ts';
import type { Config } from './config.ts';

/** While the database is away, nothing is recorded that could be told. */
const againMs = 15_000;

type Rules = Pick<Config, 'mode' | 'shopWebhook' | 'plausible' | 'posthog' | 'startDate'>;

/** What this configuration tells, to whom. In shadow mode somebody else does. */
export function outgoingOf({ mode, shopWebhook, plausible, posthog, startDate }: Rules): OutgoingSetting[] {
  const live = mode === 'live';
  return [
    {
      plan: tellShopPlan,
      enabled: live && shopWebhook !== null,
      slaSeconds: tellShopSlaSeconds,
      startDate,
    },
    {
      plan: trackPlan,
      enabled: live && (plausible !== null || posthog !== null),
      slaSeconds: trackSlaSeconds,
      startDate,
    },
  ];
}

/** Writes down at the start what is told, so that it is made where its causes are recorded; until it is written. */
export function wireOutgoing(config: Rules, { pool, telemetry }: { pool: pg.Pool; telemetry: Telemetry }) {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function start(): Promise<void> {
    try {
      for (const setting of outgoingOf(config)) await setOutgoing(pool, setting);
    } catch (error) {
      telemetry.emit({ name: 'database.unavailable', during: 'start', error: errorName(error) });
      if (!stopped) timer = setTimeout(() => void start(), againMs);
    }
  }

  return {
    start,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
