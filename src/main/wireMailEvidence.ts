import { uuidv7 } from 'uuidv7';
import { createMailEvidence, type MailEvidence } from '../mail/evidence.ts';
import { createEvidenceActing } from '../mail/evidenceActing.ts';
import { createEvidencePolling } from '../mail/evidencePolling.ts';
import { createReceiveReport } from '../mail/evidenceReports.ts';
import type { DeliveryReportReader, DeliverySource } from '../ports/deliveryEvidence.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { linkMailPlans, resendReceiptPlan, sendLinksPlan } from '../steps/askedMails.ts';
import { createAlertBook } from '../store/alerts/alertBook.ts';
import { createEvidenceDesk } from '../store/mail/evidenceDesk.ts';
import { systemClock } from './systemClock.ts';
import type { Pools } from './wireStores.ts';

interface Common {
  pools: Pick<Pools, 'worker'>;
  telemetry: Telemetry;
  /** Work was made for a worker. */
  onWork(): void;
}

export interface MailEvidenceParts extends Common {
  /** Of this process, for example `config.worker.name`. */
  workerName: string;
  /** Mailboxes, journals and lists that are configured. Whoever made them closes them. */
  sources: readonly DeliverySource[];
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

const deskOf = ({ pools }: Common) =>
  createEvidenceDesk({ pool: pools.worker, linkPlans: linkMailPlans.map(({ plan }) => plan) });

/** Looks after what is heard of mails, with everything behind it. Runs where a worker runs. */
export function wireMailEvidence(parts: MailEvidenceParts): MailEvidence {
  const { pools, telemetry, onWork, sources, providers, slaSeconds } = parts;
  const { pollMs = pollDefaultMs, unprovenAfterMs = unprovenAfterDefaultMs } = parts;
  const worker = `${parts.workerName}:${uuidv7()}`;
  const desk = deskOf(parts);
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
      providers,
      slaSeconds,
      unprovenAfterMs,
    }),
  });
}

/** Takes in the signed reports of mail providers, for the HTTP face. Undefined where none is configured. */
export function wireDeliveryReports(parts: Common & { readers: readonly DeliveryReportReader[] }) {
  if (parts.readers.length === 0) return undefined;
  const { pools, telemetry, readers, onWork } = parts;
  return createReceiveReport({
    readers,
    notes: deskOf(parts),
    alerts: createAlertBook(pools.worker),
    telemetry,
    clock: systemClock,
    onWork,
  });
}
