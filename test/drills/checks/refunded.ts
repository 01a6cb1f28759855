import { allMails } from '../../acceptance/inbox.ts';
import type { World } from '../world/world.ts';

/** What must hold at rest where everything that was bought was given back, each with a query that finds what breaks it. */
const rules: Record<string, string> = {
  'a right is left of what was refunded in full': `
    select p.payment_key, e.line_no, e.state from fulfillment.ebook_entitlements e
      join fulfillment.payments p on p.id = e.payment_id where e.state <> 'revoked'`,

  'a payment is not fulfilled, or not settled': `
    select p.payment_key, j.kind, j.state, j.reason from fulfillment.payments p
      left join fulfillment.fulfillment_jobs j on j.payment_id = p.id and j.kind in ('fulfil', 'settle')
     where j.state is distinct from 'completed'`,

  'a payment was settled by nobody': `
    select p.payment_key from fulfillment.payments p where not exists (
      select from fulfillment.fulfillment_jobs j where j.payment_id = p.id and j.kind = 'settle')`,

  'credit notes are not what was paid': `
    select p.payment_key, p.amount, sum(c.amount) from fulfillment.payments p
      left join fulfillment.credit_notes c on c.payment_id = p.id and c.kind = 'credit'
     group by p.id having sum(c.amount) is distinct from p.amount or count(c.id) <> 1`,

  'numbers of credit notes have a gap': `
    select s.series, count(*), min(c.number), max(c.number), s.last_number
      from fulfillment.receipt_series s join fulfillment.credit_notes c using (series) group by s.series, s.last_number
    having min(c.number) <> 1 or max(c.number) <> count(*) or s.last_number <> count(*)`,

  'a buyer was not told once of their refund': `
    select p.payment_key, array_agg(m.state) as states from fulfillment.payments p
      left join fulfillment.email_messages m on m.payment_id = p.id and m.kind = 'refund'
     group by p.id having array_agg(m.state) is distinct from array['accepted']`,

  'something is still dispatched': 'select job_id, due_at, worker from fulfillment.fulfillment_dispatch',
};

/** What is not as it must be, by the database and by the mails that really arrived. */
export async function checkRefunded(world: World): Promise<string[]> {
  const problems: string[] = [];
  for (const [rule, query] of Object.entries(rules)) {
    const offenders = await world.sql(query);
    if (offenders.length > 0)
      problems.push(`${rule}: ${offenders.length}, ${JSON.stringify(offenders.slice(0, 3))}`);
  }
  return [...problems, ...(await checkArrived(world))];
}

/** A mail may be repeated where no answer came and nobody could know; that is recorded each time. */
async function checkArrived(world: World): Promise<string[]> {
  const arrived = new Map<string, number>();
  for (const { MessageID: id } of await allMails(world)) arrived.set(id, (arrived.get(id) ?? 0) + 1);
  const recorded = await world.sql<{ id: string; key: string; state: string; ambiguities: number }>(
    `select trim(both '<>' from message_id) as id, logical_key as key, state, ambiguities from fulfillment.email_messages`,
  );
  return recorded.flatMap(({ id, key, state, ambiguities }) => {
    const copies = arrived.get(id) ?? 0;
    if (copies > 1 + ambiguities) return [`${key} arrived ${copies} times, with ${ambiguities} ambiguities`];
    return state === 'accepted' && copies === 0 ? [`${key} is accepted and never arrived`] : [];
  });
}
