import type { DeliveryEvidence, DeliveryKind } from '../../ports/deliveryEvidence.ts';
import type { EvidenceNoted } from '../../ports/evidenceDesk.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { queryIn } from '../transaction.ts';

const insert = `
insert into fulfillment.email_evidence (source, event_id, provider, mail_ref, provider_ref, kind, permanence, cause, status, at)
select x.source, x."eventId", x.provider, x."mailRef", x."providerRef", x.kind, x.permanence, x.cause, x.status,
       least(x.at, clock_timestamp())
  from jsonb_to_recordset($1) x(source text, "eventId" text, provider text, "mailRef" text, "providerRef" text, kind text,
         permanence text, cause text, status text, at timestamptz)
 order by x.source, x."eventId"
on conflict (source, event_id) do nothing
returning id, source, kind`;

export interface HeardEvidence {
  id: string;
  source: string;
  kind: DeliveryKind;
}

/**
 * Writes evidence that was not heard before. In one order, so that two who write the same wait for each other and not in
 * a circle. What names no mail is left out: nobody could ever use it.
 */
export async function insertEvidence(
  tx: Transaction,
  evidence: readonly DeliveryEvidence[],
): Promise<HeardEvidence[]> {
  const rows = rowsOf(evidence);
  if (rows.length === 0) return [];
  return queryIn<HeardEvidence>(tx, insert, [JSON.stringify(rows)]);
}

/** Evidence as rows that can be kept; what names no mail is left out. */
export const rowsOf = (evidence: readonly DeliveryEvidence[]) => evidence.map(rowOf).filter(namesMail);

function rowOf({ provider, source, eventId, kind, messageId, reference, at, bounce }: DeliveryEvidence) {
  const bounced = kind === 'bounced' ? (bounce ?? { permanence: 'hard', cause: 'unknown' }) : undefined;
  const status = bounced && 'status' in bounced ? bounced.status : undefined;
  return {
    source,
    eventId: plain(eventId).slice(0, 200),
    provider,
    // One thing that cannot be kept must not keep a source from ever getting past it.
    mailRef: messageId !== undefined && /^<[^<>\s\p{Cc}]{1,996}>$/u.test(messageId) ? messageId : null,
    providerRef: reference === undefined ? null : plain(reference).slice(0, 500) || null,
    kind,
    permanence: bounced?.permanence ?? null,
    cause: bounced?.cause ?? null,
    status: status !== undefined && /^[245]\.\d{1,3}\.\d{1,3}$/.test(status) ? status : null,
    at: Number.isNaN(at.getTime()) ? new Date() : at,
  };
}

const namesMail = ({ eventId, mailRef, provider, providerRef }: ReturnType<typeof rowOf>) =>
  eventId !== '' && (mailRef !== null || (provider !== null && providerRef !== null));

const plain = (text: string) => text.replaceAll(/[\p{Cc}\p{Cs}]/gu, '');

/** The same by source and kind. */
export function countedEvidence(
  heard: ReadonlyArray<Pick<HeardEvidence, 'source' | 'kind'>>,
): EvidenceNoted['heard'] {
  const counts = new Map<string, EvidenceNoted['heard'][number]>();
  for (const { source, kind } of heard) {
    const key = `${kind} ${source}`;
    const known = counts.get(key);
    if (known) known.count += 1;
    else counts.set(key, { source, kind, count: 1 });
  }
  return [...counts.values()];
}
