import type { ClientBase } from 'pg';
import type { GateCloser } from '../../domain/mailGate.ts';

/** Which of these events are known, since when any is, and what has closed the gate of mails. */
export async function readKnownEvents(
  client: ClientBase,
  eventIds: readonly string[],
): Promise<{ gate: GateCloser | null; firstAt: Date | null; ids: Set<string> }> {
  const { rows } = await client.query<{ gate: GateCloser | null; first_at: Date | null; ids: string[] }>(
    `select (select g.why from fulfillment.mail_gate g) as gate,
            (select e.occurred_at from fulfillment.stripe_events e
              where e.occurred_at is not null order by e.id limit 1) as first_at,
            array(select e.event_id from fulfillment.stripe_events e where e.event_id = any($1)) as ids`,
    [eventIds],
  );
  const [row] = rows;
  return { gate: row?.gate ?? null, firstAt: row?.first_at ?? null, ids: new Set(row?.ids) };
}
