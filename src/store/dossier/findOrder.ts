import { keyText } from '../../domain/search/keys.ts';
import type { SearchKey } from '../../domain/search/query.ts';
import { type FoundReference, ordersCountedMax } from '../../ports/orderDossier.ts';
import { ask, type Database } from '../shelf/ask.ts';

type IdKind = Exclude<SearchKey['kind'], 'receipt' | 'email' | 'job'>;

const byId: Record<IdKind, string> = {
  payment_intent: 'select p.id from fulfillment.payments p where p.payment_intent_id = $1',
  checkout_session: 'select p.id from fulfillment.payments p where p.checkout_session_id = $1',
  order: 'select p.id from fulfillment.payments p where p.order_id = $1',
  charge: `select p.id from fulfillment.payments p where p.facts ? 'charge_id' and p.facts ->> 'charge_id' = $1`,
  event: `select e.payment_id as id from fulfillment.stripe_events e
    where e.event_id = $1 and e.verdict <> 'conflict' and e.payment_id is not null`,
};

/** Payments that a key names, and what it takes to ask for them; null for a job, which is named itself. */
function paymentsOf(key: SearchKey): { text: string; values: unknown[] } | null {
  switch (key.kind) {
    case 'job':
      return null;
    case 'receipt':
      return {
        text: 'select r.payment_id as id from fulfillment.receipts r where r.series = $1 and r.number = $2',
        values: [key.series, key.number],
      };
    case 'email':
      return {
        text: `select e.payment_id as id from fulfillment.ebook_entitlements e
          where e.profile_id = fulfillment.profile_named($1)`,
        values: [key.canonical],
      };
    default:
      return { text: byId[key.kind], values: [key.id] };
  }
}

interface FoundRow {
  paid: boolean;
  job_id: string | null;
}

/** What a key leads to: an order's own job, or why there is none. */
export async function findOrder(database: Database, key: SearchKey): Promise<FoundReference> {
  const payments = paymentsOf(key);
  if (payments === null) return findJob(database, keyText(key));
  const rows = await ask<FoundRow>(
    database,
    `select p.paid,
            coalesce((select j.id from fulfillment.fulfillment_jobs j where j.payment_id = p.id and j.kind = 'fulfil'),
                     (select j.id from fulfillment.fulfillment_jobs j where j.payment_id = p.id and j.kind = 'settle')) as job_id
       from (select distinct hit.id from (${payments.text}) hit limit ${ordersCountedMax}) named
       join fulfillment.payments p on p.id = named.id`,
    payments.values,
  );
  const [row] = rows;
  if (rows.length > 1) return { kind: 'several', orders: rows.length };
  if (row) {
    return row.job_id === null
      ? { kind: 'payment_without_job', paid: row.paid }
      : { kind: 'job', jobId: row.job_id };
  }
  return key.kind === 'event' ? findEvent(database, keyText(key)) : { kind: 'none' };
}

async function findJob(database: Database, jobId: string): Promise<FoundReference> {
  const rows = await ask(database, 'select from fulfillment.fulfillment_jobs j where j.id = $1', [jobId]);
  return rows.length > 0 ? { kind: 'job', jobId } : { kind: 'none' };
}

async function findEvent(database: Database, eventId: string): Promise<FoundReference> {
  const [event] = await ask<{ verdict: string; reason: string | null }>(
    database,
    `select e.verdict, e.reason from fulfillment.stripe_events e where e.event_id = $1 and e.verdict <> 'conflict'`,
    [eventId],
  );
  return event ? { kind: 'event_without_payment', ...event } : { kind: 'none' };
}
