import { createBlindWatch } from '../guardrails/blindWatch.ts';
import { createDeadMan } from '../guardrails/deadMan.ts';
import { createDeliverAlerts } from '../guardrails/deliverAlerts.ts';
import { createKeepRules } from '../guardrails/keepRules.ts';
import { createSentinel } from '../guardrails/sentinel.ts';
import { createSlaWatch } from '../guardrails/slaWatch.ts';
import type { AlertSender } from '../ports/alertDelivery.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { createDeadManSwitch } from '../providers/deadMan/adapter.ts';
import { createPagerDuty } from '../providers/pagerduty/adapter.ts';
import { createSlack } from '../providers/slack/adapter.ts';
import { createAlertBook } from '../store/alerts/alertBook.ts';
import { createPool } from '../store/connection.ts';
import { createBreachBook } from '../store/guardrails/breachBook.ts';
import { createDeliveryBook } from '../store/guardrails/deliveryBook.ts';
import { createSentinelBook } from '../store/guardrails/sentinelBook.ts';
import { readTruth } from '../store/jobs/readTruth.ts';
import type { Config } from './config.ts';
import { createSpoolFile } from './spoolFile.ts';
import { systemClock } from './systemClock.ts';
import { systemRandom } from './systemRandom.ts';

/** A database that takes a question and never answers is away all the same, and people are to know within two minutes. */
const answerTimeoutDefaultMs = 8_000;

export interface SentinelTimes {
  everyMs?: { look?: number; deliver?: number; beat?: number };
  blindMs?: number;
  graceMs?: number;
  answerTimeoutMs?: number;
}

/** The sentinel with everything behind it. Its connections are its own: what it watches must not keep it waiting. */
export function wireSentinel(config: Config, telemetry: Telemetry, times: SentinelTimes = {}) {
  const { alerts, database, environment } = config;
  const { answerTimeoutMs = answerTimeoutDefaultMs } = times;
  const open = (duty: string, connectionString: string) =>
    createPool({
      connectionString,
      applicationName: `fulfillment-sentinel-${duty}`,
      connectionsMax: 3,
      connectTimeoutMs: Math.min(5_000, answerTimeoutMs),
      answerTimeoutMs,
    });
  const worker = open('worker', database.workerUrl);
  const reader = open('reader', database.readerUrl);
  const senders = sendersOf(config);
  const channels = senders.map(({ channel }) => channel);
  const book = createDeliveryBook(worker);
  const sentinelBook = createSentinelBook(worker);
  const besideAlertmanager = alerts.alertmanagerToken !== null;
  const links = { environment, publicBaseUrl: config.http.publicBaseUrl, runbookUrl: alerts.runbookUrl };
  const { graceMs, blindMs, everyMs } = times;

  const beat =
    alerts.deadManUrl === null
      ? undefined
      : createDeadMan({
          outside: createDeadManSwitch({ url: alerts.deadManUrl }),
          readTruth: () => readTruth(reader),
          sentinel: sentinelBook,
          lookedMsAgo: () => sentinel.lookedMsAgo(),
          channels,
          besideAlertmanager,
          telemetry,
        });
  const sentinel = createSentinel({
    keepRules: createKeepRules({
      readTruth: () => readTruth(reader),
      alerts: createAlertBook(worker),
      book: sentinelBook,
      telemetry,
    }),
    tellBreaches: createSlaWatch({ book: createBreachBook(worker), clock: systemClock, telemetry }).look,
    deliver: createDeliverAlerts({
      book,
      senders,
      sentinel: sentinelBook,
      random: systemRandom,
      telemetry,
      besideAlertmanager,
      links,
      ...(graceMs === undefined ? {} : { graceMs }),
    }),
    book,
    channels,
    blindWatch: createBlindWatch({
      senders,
      spool: createSpoolFile(alerts.spoolFile),
      clock: systemClock,
      telemetry,
      links,
      ...(blindMs === undefined ? {} : { blindMs }),
    }),
    beat,
    clock: systemClock,
    telemetry,
    ...(everyMs === undefined ? {} : { everyMs }),
  });

  return {
    channels,
    lookedMsAgo: sentinel.lookedMsAgo,
    start: sentinel.start,
    async stop(): Promise<void> {
      await sentinel.stop();
      await Promise.all([worker.end(), reader.end()]);
    },
  };
}

function sendersOf({ alerts, http }: Config): AlertSender[] {
  const { pagerDuty, slack } = alerts;
  return [
    ...(pagerDuty ? [createPagerDuty({ ...pagerDuty, source: new URL(http.publicBaseUrl).host })] : []),
    ...(slack ? [createSlack({ by: slack })] : []),
  ];
}
