import { guardrails } from '../domain/guardrails.ts';
import type { AlertNotice, AlertSender, AlertSpool, SpooledAlert } from '../ports/alertDelivery.ts';
import type { Clock } from '../ports/clock.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { AlertLinks } from './deliverAlerts.ts';

export interface BlindWatchOptions {
  senders: readonly AlertSender[];
  spool: AlertSpool;
  clock: Clock;
  telemetry: Telemetry;
  links: AlertLinks;
  /** Default a minute. */
  blindMs?: number;
}

const rule = 'database_unreachable';
const callTimeoutMs = 10_000;

/**
 * Tells people past the database when it is the database that is away: with a key that is always the same, and what was
 * told in a file, so that a restart neither repeats nor forgets it.
 */
export function createBlindWatch(options: BlindWatchOptions) {
  const { senders, spool, clock, telemetry, links, blindMs = guardrails.databaseSilentMs } = options;
  let blindSinceMs: number | undefined;
  let known: SpooledAlert | null | undefined;

  /** The spool is a help: where it cannot be read or written, people are told all the same. */
  const remembered = async () => (known ??= await spool.read().catch(() => null));
  async function remember(alert: SpooledAlert): Promise<void> {
    known = alert;
    await spool.write(alert).catch(() => undefined);
  }

  async function tell(sender: AlertSender, notice: AlertNotice): Promise<string | null | undefined> {
    const { channel } = sender;
    const { kind } = notice;
    try {
      const reference = await sender.send(notice, AbortSignal.timeout(callTimeoutMs));
      telemetry.emit({ name: 'alert.delivered', channel, kind, result: 'delivered' });
      return reference;
    } catch {
      telemetry.emit({ name: 'alert.delivered', channel, kind, result: 'failed', reason: rule });
      return undefined;
    }
  }

  const noticeOf = (kind: 'opened' | 'resolved', since: string, reference: string | null): AlertNotice => ({
    kind,
    key: `fulfillment:${rule}:`,
    rule,
    severity: 'page',
    summary:
      kind === 'opened'
        ? `[${links.environment}] Postgres has not answered the sentinel since ${since}: nothing is fulfilled.`
        : `[${links.environment}] Postgres answers the sentinel again.`,
    at: new Date(since),
    details: { environment: links.environment, rule },
    links: links.runbookUrl ? [{ href: `${links.runbookUrl}#database-unreachable`, text: 'Runbook' }] : [],
    reference,
  });

  return {
    /** A look has failed. */
    async blind(): Promise<void> {
      blindSinceMs ??= clock.elapsedMs();
      const forMs = clock.elapsedMs() - blindSinceMs;
      if (forMs < blindMs && !(await remembered())) return;
      const alert = (await remembered()) ?? {
        since: new Date(clock.now().getTime() - forMs).toISOString(),
        told: {},
      };
      telemetry.emit({ name: 'sentinel.blind', forMs });
      for (const sender of senders) {
        if (alert.told[sender.channel]) continue;
        const reference = await tell(sender, noticeOf('opened', alert.since, null));
        if (reference !== undefined) alert.told[sender.channel] = { reference };
        await remember(alert);
      }
    },

    /** A look has succeeded. */
    async sighted(): Promise<void> {
      blindSinceMs = undefined;
      const alert = await remembered();
      if (!alert) return;
      for (const sender of senders) {
        const told = alert.told[sender.channel];
        if (!told) continue;
        const reference = await tell(sender, noticeOf('resolved', alert.since, told.reference));
        if (reference === undefined) continue;
        delete alert.told[sender.channel];
        await remember(alert);
      }
      if (Object.keys(alert.told).length > 0) return;
      known = null;
      await spool.clear().catch(() => undefined);
    },
  };
}
