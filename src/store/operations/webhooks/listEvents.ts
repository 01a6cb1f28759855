import type { EventFilter, EventPage } from '../../../ports/receivedEvents.ts';
import { idFloor, timeOfId } from '../../search/idWindow.ts';
import { ask, type Database } from '../../shelf/ask.ts';
import { eventColumns, eventJoins, type EventRow, toEvent } from './eventColumns.ts';

/** Events that are looked at for one page, whatever is sought among them. */
export const lookedAtMax = 20_000;

/** Those few that people must look at have an index of their own. */
const seldom = new Set(['quarantined', 'conflict']);

/**
 * A page of events by their time-ordered key. What is rare may lie behind many others: then the page ends early, and
 * the next goes on from there.
 */
export async function listEvents(
  database: Database,
  filter: EventFilter,
  { limit, after }: { limit: number; after?: string },
  lookAtMax = lookedAtMax,
): Promise<EventPage> {
  const { from, before, verdict, type } = filter;
  const rarely =
    verdict !== undefined && seldom.has(verdict) ? `and e.verdict in ('quarantined', 'conflict')` : '';
  const rows = await ask<EventRow & { looked_at: number; last_id: string | null }>(
    database,
    `with looked_at as materialized (
       select e.* from (select ${kept} from fulfillment.stripe_events e
         where e.id >= $1::uuid and e.id < $2::uuid ${rarely}
         order by e.id desc limit $3) e
     ), found as (
       select e.* from looked_at e
        where ($4::text is null or e.verdict = $4) and ($5::text is null or e.type = $5)
        order by e.id desc limit $6
     ), shown as (
       select ${eventColumns} from found e ${eventJoins}
     )
     select m.looked_at, m.last_id, shown.*
       from (select count(*)::int as looked_at, (array_agg(l.id order by l.id))[1] as last_id from looked_at l) m
       left join shown on true
      order by shown.id desc`,
    [idFloor(from), endOf(before, after), lookAtMax, verdict ?? null, type ?? null, limit + 1],
  );
  const found = rows.filter(({ id }) => id !== null);
  const events = found.slice(0, limit).map(toEvent);
  if (found.length > limit) return { events, next: events.at(-1)?.id ?? null, lookedBackTo: null };
  const oldest = rows[0]?.last_id ?? null;
  const more = (rows[0]?.looked_at ?? 0) === lookAtMax && oldest !== null;
  return { events, next: more ? oldest : null, lookedBackTo: more ? timeOfId(oldest) : null };
}

/** One end, so that the index leads to it at once: of the stretch, or of the page before, whichever comes first. */
function endOf(before: Date | null, after: string | undefined): string {
  const ends = [
    lastId,
    ...(before ? [idFloor(before)] : []),
    ...(after === undefined ? [] : [after.toLowerCase()]),
  ];
  return ends.toSorted()[0] ?? lastId;
}

const lastId = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Without the bytes. */
const kept = `e.id, e.event_id, e.type, e.api_version, e.livemode, e.occurred_at, e.received_at, e.verdict, e.reason,
  e.reprocessed_at, e.payment_id`;
