import type pg from 'pg';
import type { DeliveryKind } from '../../ports/deliveryEvidence.ts';
import type { EvidenceNoted, ReportDoor } from '../../ports/evidenceDesk.ts';
import { repeatOnConflict } from '../events/acceptEvent.ts';
import { ask } from '../shelf/ask.ts';
import { countedEvidence, rowsOf } from './evidenceRows.ts';

const accept = 'select r.source, r.kind from fulfillment.accept_mail_report($1, $2) r';

/**
 * The door of delivery reports: one call of a definer function, over a pool of `fulfillment_intake`, whose role may do
 * nothing else with mails. A pool that is busy with work delays no answer.
 */
export const createReportDoor = (pool: pg.Pool): ReportDoor => ({
  async accept(provider, evidence): Promise<EvidenceNoted['heard']> {
    const rows = await repeatOnConflict(() =>
      ask<{ source: string; kind: DeliveryKind }>(pool, accept, [provider, JSON.stringify(rowsOf(evidence))]),
    );
    return countedEvidence(rows);
  },
});
