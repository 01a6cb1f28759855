import { toFault } from '../domain/fault.ts';
import type {
  AlertNotice,
  AlertSender,
  DeliveryBook,
  DeliveryEnd,
  DueDelivery,
  SentinelBook,
} from '../ports/alertDelivery.ts';
import type { Random } from '../ports/random.ts';
import type { Telemetry } from '../ports/telemetry.ts';

export interface DeliverAlertsOptions {
  book: Pick<DeliveryBook, 'take' | 'end'>;
  senders: readonly AlertSender[];
  sentinel: Pick<SentinelBook, 'watchdogAgeMs'>;
  random: Random;
  telemetry: Telemetry;
  /** Whether an Alertmanager tells people of the same rules; then this is the second way. */
  besideAlertmanager: boolean;
  /** How long Alertmanager is waited for. Default two minutes. */
  graceMs?: number;
  links: AlertLinks;
}

export interface AlertLinks {
  /** What this deployment is called. */
  environment: string;
  publicBaseUrl: string;
  /** The page with a section for each rule; null where there is none. */
  runbookUrl: string | null;
}

const takenAtOnce = 20;
const callTimeoutMs = 20_000;
const retryBaseMs = 2_000;
/** A channel that comes back is found within a minute. */
const retryCapMs = 60_000;
const watchdogFreshMs = 2 * 60_000;
const graceDefaultMs = 2 * 60_000;
const lookAgainMs = 5_000;

/** Tells people what is due, each thing once where the channel knows it again, and until it is told. */
export function createDeliverAlerts(options: DeliverAlertsOptions) {
  const { book, sentinel, random, telemetry, graceMs = graceDefaultMs } = options;
  const senders = new Map(options.senders.map((sender) => [sender.channel, sender]));

  /** @returns how many were taken */
  return async (): Promise<number> => {
    const due = await book.take(takenAtOnce);
    const alertmanagerIsThere = due.length > 0 && (await isAlertmanagerThere());
    await Promise.all(
      due.map(async (delivery) =>
        book.end(delivery, standBack(delivery, alertmanagerIsThere) ?? (await tell(delivery))),
      ),
    );
    return due.length;
  };

  async function isAlertmanagerThere(): Promise<boolean> {
    if (!options.besideAlertmanager) return false;
    const ageMs = await sentinel.watchdogAgeMs();
    return ageMs !== null && ageMs <= watchdogFreshMs;
  }

  /** One cause pages once: where Alertmanager has told, or may be about to, this way is silent. */
  function standBack(delivery: DueDelivery, alertmanagerIsThere: boolean): DeliveryEnd | undefined {
    const { kind, confirmed, openedLeftOut, waitedMs } = delivery;
    if ((kind === 'acknowledged' || kind === 'resolved') && openedLeftOut)
      return { end: 'left_out', why: 'never_told' };
    if (kind !== 'opened' || !alertmanagerIsThere) return undefined;
    if (confirmed) return { end: 'left_out', why: 'alertmanager' };
    // Once it was tried, Alertmanager had its time: what failed since is the channel.
    if (waitedMs < graceMs && delivery.attempts === 1) return { end: 'wait', againInMs: lookAgainMs };
    return undefined;
  }

  async function tell(delivery: DueDelivery): Promise<DeliveryEnd> {
    const { channel, kind } = delivery;
    const sender = senders.get(channel);
    if (!sender) return { end: 'wait', againInMs: retryCapMs };
    try {
      const reference = await sender.send(
        noticeOf(delivery, options.links),
        AbortSignal.timeout(callTimeoutMs),
      );
      telemetry.emit({ name: 'alert.delivered', channel, kind, result: 'delivered' });
      return { end: 'delivered', reference: reference ?? delivery.openedReference };
    } catch (error) {
      const { reason, retryAfterMs } = toFault(error);
      telemetry.emit({ name: 'alert.delivered', channel, kind, result: 'failed', reason });
      const ceilingMs = Math.min(retryCapMs, retryBaseMs * 2 ** Math.min(delivery.attempts, 10));
      const againInMs = Math.max(Math.min(retryAfterMs ?? 0, retryCapMs), random.next() * ceilingMs);
      return { end: 'failed', reason, againInMs };
    }
  }
}

/** What a person needs to begin: what it is, since when, where to look, what to do. */
function noticeOf({ kind, alert, openedReference, id }: DueDelivery, links: AlertLinks): AlertNotice {
  const { environment } = links;
  if (alert === null)
    return {
      kind,
      key: `fulfillment:test:${id}`,
      rule: 'delivery_test',
      severity: 'info',
      summary: `[${environment}] Test: alerts of fulfillment reach this channel. Nothing is wrong.`,
      at: new Date(),
      details: { environment },
      links: [],
      reference: null,
    };
  const { alertId, rule, scope, severity, summary, jobId, openedAt } = alert;
  return {
    kind,
    key: `fulfillment:${rule}:${scope}`,
    rule,
    severity,
    summary: `[${environment}] ${summary}`,
    at: openedAt,
    details: { environment, alert: alertId, rule, ...(scope && { scope }), ...(jobId && { job: jobId }) },
    links: linksOf({ alertId, rule, jobId }, links),
    reference: openedReference,
  };
}

function linksOf(
  { alertId, rule, jobId }: { alertId: string; rule: string; jobId: string | null },
  { publicBaseUrl, runbookUrl }: AlertLinks,
): AlertNotice['links'] {
  return [
    ...(jobId ? [{ href: `${publicBaseUrl}/ops/orders/${jobId}`, text: 'Order' }] : []),
    { href: `${publicBaseUrl}/ops/alerts/${alertId}`, text: 'Alert' },
    ...(runbookUrl ? [{ href: `${runbookUrl}#${rule.replaceAll('_', '-')}`, text: 'Runbook' }] : []),
  ];
}
