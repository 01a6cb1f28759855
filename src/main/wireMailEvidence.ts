import { uuidv7 } from 'uuidv7';
import { createMailEvidence, type MailEvidence } from '../mail/evidence.ts';
import { createEvidenceActing } from '../mail/evidenceActing.ts';
import { createEvidencePolling } from '../mail/evidencePolling.ts';
import { createReceiveReport } from '../mail/evidenceReports.ts';
import type { DeliveryReportReader, DeliverySource } from '../ports/deliveryEvidence.ts';
import type { ExpectedReports } from '../ports/mailReports.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { linkMailPlans, resendReceiptPlan, sendLinksPlan } from '../steps/askedMails.ts';
import { createAlertBook } from '../store/alerts/alertBook.ts';
import { createEvidenceDesk } from '../store/mail/evidenceDesk.ts';
import { createReportDoor } from '../store/mail/reportDoor.ts';
import { systemClock } from './systemClock.ts';
import type { Pools } from './wireStores.ts';

export interface MailEvidenceParts {
  pools: Pick<Pools, 'worker'>;
  telemetry: Telemetry;
  /** Work was made for a worker. */
  onWork(): void;
  /** Of this process, for example `config.worker.name`. */
  workerName: string;
  /** For how many days the source of an unproven mail is kept. */
  mailDays: number;
  /** Mailboxes, journals and lists that are configured. Whoever made them closes them. */
  sources: readonly DeliverySource[];
  /** Providers whose signed reports are read. */
  reports: readonly ExpectedReports[];
  /** Names of the configured mailers. */
  providers: readonly string[];
  /** What is promised for a mail that is asked for. */
  slaSeconds: number;
  /** How often each source is read. Default one minute. */
  pollMs?: number;
  /** After so long without proof a mail counts as unproven. Default half an hour. */
  unprovenAfterMs?: number;
}

/** Default of `unprovenAfterMs`, for whoever shows the same. */
export const unprovenAfterDefaultMs = 30 * 60_000;

const pollDefaultMs = 60_000;
/** One look at a source; with the time that it is read on, well below the lease. */
const pollTimeoutMs = 30_000;
const sourceAlertAfterMs = 15 * 60_000;
const leaseMs = 60_000;

/** Looks after what is heard of mails, with everything behind it. Runs where a worker runs. */
export function wireMailEvidence(parts: MailEvidenceParts): MailEvidence {
  const { pools, telemetry, onWork, sources, reports, providers, slaSeconds } = parts;
  const { pollMs = pollDefaultMs, unprovenAfterMs = unprovenAfterDefaultMs } = parts;
  const worker = `${parts.workerName}:${uuidv7()}`;
  const desk = createEvidenceDesk({
    pool: pools.worker,
    linkPlans: linkMailPlans.map(({ plan }) => plan),
    mailDays: parts.mailDays,
  });
  const alerts = createAlertBook(pools.worker);
  const common = { worker, desk, alerts, telemetry, clock: systemClock, onWork };
  return createMailEvidence({
    ...common,
    leaseMs,
    polling: createEvidencePolling({
      ...common,
      sources,
      pollMs,
      timeoutMs: pollTimeoutMs,
      alertAfterMs: sourceAlertAfterMs,
    }),
    acting: createEvidenceActing({
      ...common,
      again: [
        { kind: 'receipt', plan: resendReceiptPlan },
        { kind: 'new_links', plan: sendLinksPlan },
      ],
      reports,
      sources: sources.map(({ name }) => name),
      providers,
      slaSeconds,
      unprovenAfterMs,
    }),
  });
}

export interface DeliveryReportParts {
  pools: Pick<Pools, 'intake' | 'worker'>;
  telemetry: Telemetry;
  readers: readonly DeliveryReportReader[];
}

/**
 * Takes in the signed reports of mail providers, for the HTTP face: by the intake's role, as Stripe's events come in, so
 * that a worker's pool that is busy delays none. Only that one is refused is told by the worker's. Undefined where none
 * is configured.
 */
export function wireDeliveryReports({ pools, telemetry, readers }: DeliveryReportParts) {
  if (readers.length === 0) return undefined;
  return createReceiveReport({
    readers,
    door: createReportDoor(pools.intake),
    alerts: createAlertBook(pools.worker),
    telemetry,
    clock: systemClock,
  });
}
