import type { Purchase } from '../shop.ts';
import type { ShopUnderTest } from '../stack.ts';

/** What must hold in the database once everything is done, each with a query that finds what breaks it. */
const rules: Record<string, string> = {
  'every payment has one job, which is completed': `
    select p.payment_key, array_agg(j.state) as states from fulfillment.payments p
      left join fulfillment.fulfillment_jobs j on j.payment_id = p.id and j.kind = 'fulfil'
     group by p.payment_key having array_agg(j.state) is distinct from array['completed']`,

  'nothing is dispatched any more': 'select job_id, due_at, worker from fulfillment.fulfillment_dispatch',

  'every step of every plan is done or skipped, and nothing is due': `
    select j.id, planned ->> 'name' as step, s.state, s.due_at
      from fulfillment.fulfillment_jobs j join fulfillment.fulfillment_plans p on p.id = j.plan_id
     cross join jsonb_array_elements(p.definition -> 'steps') planned
      left join fulfillment.fulfillment_job_steps s on s.job_id = j.id and s.step = planned ->> 'name'
     where s.state is null or s.state not in ('done', 'skipped') or s.due_at is not null`,

  'every effect is done, and nothing is due': `
    select job_id, effect_key, state, due_at from fulfillment.fulfillment_job_effects
     where state <> 'done' or due_at is not null`,

  'every payment has one receipt': `
    select p.payment_key, count(r.id) from fulfillment.payments p
      left join fulfillment.receipts r on r.payment_id = p.id group by 1 having count(r.id) <> 1`,

  'receipt numbers run from 1 without a gap': `
    select s.series, count(*), min(r.number), max(r.number), s.last_number
      from fulfillment.receipt_series s join fulfillment.receipts r using (series)
     group by s.series, s.last_number
    having min(r.number) <> 1 or max(r.number) <> count(*) or s.last_number <> count(*)`,

  'every line has one entitlement, of its own book and for its own buyer': `
    select p.payment_key, line ->> 'lineNo' as line, count(e.id), min(e.state)
      from fulfillment.fulfillment_jobs j
      join fulfillment.payments p on p.id = j.payment_id
     cross join jsonb_array_elements(j.order_snapshot -> 'lines') line
      left join fulfillment.ebook_entitlements e on e.payment_id = p.id and e.line_no = (line ->> 'lineNo')::int
            and e.product_id = line ->> 'productId'
            and e.state = case when coalesce(p.facts -> 'revoked_lines', '[]') @> (line -> 'lineNo') then 'revoked' else 'pending_claim' end
            and e.profile_id = (select id from fulfillment.profiles
                                 where canonical_email = lower(j.order_snapshot -> 'buyer' ->> 'email'))
     where j.kind = 'fulfil'
     group by 1, 2 having count(e.id) <> 1`,

  'no entitlement is without a line': `
    select e.payment_id, e.line_no from fulfillment.ebook_entitlements e
      join fulfillment.fulfillment_jobs j using (payment_id)
     where j.kind = 'fulfil' and e.line_no > jsonb_array_length(j.order_snapshot -> 'lines')`,

  'every payment has one receipt mail of its own, which was accepted unless its address was corrected': `
    select p.payment_key, array_agg(m.state) as states from fulfillment.payments p
      left join fulfillment.email_messages m on m.logical_key = 'receipt:' || p.order_id
     group by 1 having array_agg(m.state) is distinct from array['accepted']
       and (array_agg(m.state) is distinct from array['superseded']
            or not exists (select from fulfillment.buyer_corrections c where c.payment_id = any(array_agg(p.id))))`,

  'a receipt mail beside an order’s own was asked for by a job of its own': `
    select m.logical_key from fulfillment.email_messages m join fulfillment.payments p on p.id = m.payment_id
     where m.kind = 'receipt' and m.logical_key <> 'receipt:' || p.order_id and not exists (
       select from fulfillment.fulfillment_jobs j
        where j.kind = 'resend_receipt' and j.payment_id = p.id and 'receipt:' || j.subject_key = m.logical_key)`,

  'no mail goes to an address after it was corrected, but the word that it was': `
    select m.logical_key from fulfillment.email_messages m join fulfillment.buyer_corrections c using (payment_id)
     where m.created_at > c.corrected_at and (m.kind <> 'address_changed') <> (m.to_address = c.email)`,

  'what has ended does not work any more': `
    select id from fulfillment.download_links where ended_at is not null and expires_at > ended_at`,

  'no right is left of a line that staff has taken away': `
    select e.id from fulfillment.ebook_entitlements e join fulfillment.payments p on p.id = e.payment_id
     where e.state <> 'revoked' and p.facts -> 'revoked_lines' @> to_jsonb(e.line_no)`,

  'no mail is said to be repeated more often than an answer was missing': `
    select m.logical_key, m.ambiguities, count(a.attempt) as unanswered from fulfillment.email_messages m
      left join fulfillment.email_attempts a on a.message_id = m.id and a.outcome = 'unknown'
     group by m.id having m.ambiguities > count(a.attempt)`,

  'a second mail goes only to those whose files came two minutes after the first': `
    select m.logical_key from fulfillment.email_messages m
     where m.kind = 'files_ready' and (m.state <> 'accepted' or (select max(f.stored_at) from fulfillment.stored_files f
             where f.payment_id = m.payment_id and f.kind = 'copy')
           < (select r.accepted_at + interval '2 minutes' from fulfillment.email_messages r
               join fulfillment.payments p on p.id = r.payment_id
               where r.payment_id = m.payment_id and r.logical_key = 'receipt:' || p.order_id))`,

  'every attempt to send has its outcome, and at most one was answered with acceptance': `
    select message_id, array_agg(outcome order by attempt) as outcomes from fulfillment.email_attempts
     group by 1 having bool_or(outcome is null) or count(*) filter (where outcome = 'accepted') > 1`,

  'the bytes of accepted mails are gone': `
    select logical_key from fulfillment.email_messages where bytes is not null`,

  'every line has one stored copy per format, and every payment its stored receipt': `
    select p.payment_key, count(f.id) as stored,
           1 + (select sum(jsonb_array_length(line -> 'formats'))
                  from jsonb_array_elements(j.order_snapshot -> 'lines') line) as owed
      from fulfillment.fulfillment_jobs j join fulfillment.payments p on p.id = j.payment_id
      left join fulfillment.stored_files f on f.payment_id = p.id
     where j.kind = 'fulfil'
     group by p.payment_key, j.order_snapshot
    having count(f.id) <> 1 + (select sum(jsonb_array_length(line -> 'formats'))
                                 from jsonb_array_elements(j.order_snapshot -> 'lines') line)`,

  'every mail has one link per copy': `
    select m.logical_key, count(l.id) as links, (select count(*) from fulfillment.stored_files f
             where f.payment_id = m.payment_id and f.kind = 'copy') as copies
      from fulfillment.email_messages m left join fulfillment.download_links l on l.mail_key = m.logical_key
     where m.kind = 'receipt' and not exists (select from fulfillment.fulfillment_job_events e
             join fulfillment.fulfillment_jobs j on j.id = e.job_id
            where j.payment_id = m.payment_id and e.kind = 'entitlement.revoked')
     group by m.id
    having count(l.id) <> (select count(*) from fulfillment.stored_files f
                            where f.payment_id = m.payment_id and f.kind = 'copy')`,

  'every event of Stripe is kept once, and understood or put aside': `
    select event_id, count(*), array_agg(verdict) as verdicts from fulfillment.stripe_events
     where event_id is not null
     group by 1 having count(*) <> 1 or not bool_and(verdict in ('accepted', 'ignored', 'quarantined'))`,
};

/** A purchase as it was made. */
export type Bought = Pick<Purchase, 'paymentKey' | 'email' | 'currency' | 'products'>;

/** What in the database is not as it must be; empty when all is well. So many events are such as nobody can read. */
export async function checkDatabase(
  stack: Pick<ShopUnderTest, 'sql'>,
  purchases: Bought[],
  poisoned = 0,
): Promise<string[]> {
  const problems: string[] = [];
  for (const [rule, query] of Object.entries(rules)) {
    const offenders = await stack.sql(query);
    if (offenders.length) {
      problems.push(`${rule}: ${offenders.length} not so, ${JSON.stringify(offenders.slice(0, 3))}`);
    }
  }
  return [...problems, ...(await checkQuarantine(stack, poisoned)), ...(await checkBought(stack, purchases))];
}

async function checkQuarantine(stack: Pick<ShopUnderTest, 'sql'>, poisoned: number): Promise<string[]> {
  const put = await stack.sql<{ event_id: string; reason: string }>(
    `select event_id, reason from fulfillment.stripe_events where verdict = 'quarantined'`,
  );
  return put.length === poisoned
    ? []
    : [
        `${put.length} events in quarantine where ${poisoned} belong there, ${JSON.stringify(put.slice(0, 3))}`,
      ];
}

/** What was bought is what is recorded: no payment more, none less, and the books that were paid for. */
async function checkBought(stack: Pick<ShopUnderTest, 'sql'>, purchases: Bought[]): Promise<string[]> {
  const rows = await stack.sql<{ payment_key: string; email: string; currency: string; products: string[] }>(
    `select p.payment_key, j.order_snapshot -> 'buyer' ->> 'email' as email, p.currency,
            array(select e.product_id from fulfillment.ebook_entitlements e where e.payment_id = p.id order by 1) as products
       from fulfillment.payments p left join fulfillment.fulfillment_jobs j on j.payment_id = p.id and j.kind = 'fulfil'`,
  );
  const describe = (key: string, email: string, currency: string, products: string[]) =>
    [key, email, currency, ...products.toSorted()].join(' ');
  const recorded = new Set(
    rows.map((row) => describe(row.payment_key, row.email, row.currency, row.products)),
  );
  const bought = new Set(
    purchases.map((one) => describe(one.paymentKey, one.email, one.currency, one.products)),
  );
  return [
    ...differences('a purchase is not recorded as it was made', bought, recorded),
    ...differences('a payment is recorded that nobody made so', recorded, bought),
  ];
}

/** One sentence for everything that is in the first set and not in the second. */
export function differences(
  sentence: string,
  some: ReadonlySet<string>,
  others: ReadonlySet<string>,
): string[] {
  const alone = [...some].filter((one) => !others.has(one));
  return alone.length ? [`${sentence}: ${alone.length}, such as ${alone.slice(0, 3).join(' | ')}`] : [];
}
