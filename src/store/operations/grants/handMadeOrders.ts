import { planKey } from '../../../domain/plan.ts';
import type { GivenProduct, HandMadeOrders, PaymentWithJob } from '../../../ports/handMadeOrders.ts';
import { queryIn } from '../../transaction.ts';

/** Orders that staff makes, over a connection of `fulfillment_operations`. */
export const handMadeOrders: HandMadeOrders = {
  async findProduct(tx, productId) {
    const [product] = await queryIn<GivenProduct>(
      tx,
      `select p.id as "productId", p.title, p.version,
              array(select f.format from fulfillment.catalog_files f
                     where f.product_id = p.id and f.version = p.version order by f.format desc) as formats,
              (select c.currency from fulfillment.catalog_prices c
                where c.product_id = p.id order by c.stripe_price_id limit 1) as currency
         from fulfillment.catalog_products p where p.id = $1`,
      [productId],
    );
    return product;
  },

  async lockBuyer(tx, { canonicalEmail, email, name, language }, productId) {
    await queryIn(
      tx,
      `insert into fulfillment.profiles (canonical_email, email, name, language) values ($1, $2, $3, $4)
       on conflict (canonical_email) do nothing`,
      [canonicalEmail, email, name, language],
    );
    // In a statement of its own: who comes second must see what the first has committed.
    await queryIn(tx, 'select from fulfillment.profiles where canonical_email = $1 for update', [
      canonicalEmail,
    ]);
    const [row] = await queryIn<{ owns: boolean }>(tx, owns, [canonicalEmail, productId]);
    return { owns: row?.owns ?? false };
  },

  async addGift(tx, { paymentKey, orderId, livemode, currency }) {
    const [row] = await queryIn<{ id: string; paid_at: Date }>(
      tx,
      `insert into fulfillment.payments (payment_key, order_id, livemode, paid, paid_at, currency, amount, source)
       values ($1, $2, $3, true, date_trunc('milliseconds', clock_timestamp()), $4, 0, 'grant') returning id, paid_at`,
      [paymentKey, orderId, livemode, currency],
    );
    if (!row) throw new Error('The payment was not added.');
    return { paymentId: row.id, paidAt: row.paid_at };
  },

  async lockPayment(tx, key) {
    const [row] = await queryIn<Omit<PaymentWithJob, 'job'>>(
      tx,
      `select p.id as "paymentId", p.order_id as "orderId", p.paid from fulfillment.payments p
        where p.payment_key = $1 or p.checkout_session_id = $1 for update`,
      [key],
    );
    if (!row) return undefined;
    const [job] = await queryIn<{ jobId: string; state: string }>(
      tx,
      `select j.id as "jobId", j.state from fulfillment.fulfillment_jobs j where j.payment_id = $1 and j.kind = 'fulfil'`,
      [row.paymentId],
    );
    return { ...row, job: job ?? null };
  },

  async addPast(tx, { paymentIntentId, orderId, livemode }) {
    const [row] = await queryIn<{ id: string }>(
      tx,
      `insert into fulfillment.payments (payment_key, payment_intent_id, order_id, livemode, paid)
       values ($1, $1, $2, $3, false) on conflict do nothing returning id`,
      [paymentIntentId, orderId, livemode],
    );
    return row?.id;
  },

  async confirmPast(tx, { paymentId, facts }) {
    await queryIn(
      tx,
      `update fulfillment.payments p
          set paid = true, facts = p.facts || $2, facts_version = p.facts_version + 1, updated_at = clock_timestamp()
        where p.id = $1`,
      [paymentId, JSON.stringify(facts ?? {})],
    );
  },

  async addSettlement(tx, { paymentId, plan, slaSeconds, actor }) {
    await queryIn(tx, 'update fulfillment.payments p set facts_wanted = p.facts_wanted + 1 where p.id = $1', [
      paymentId,
    ]);
    const [known] = await queryIn<{ id: string }>(
      tx,
      `select j.id from fulfillment.fulfillment_jobs j where j.payment_id = $1 and j.kind = 'settle' for no key update`,
      [paymentId],
    );
    if (!known) {
      await queryIn(tx, addJob, [
        'settle',
        paymentId,
        JSON.stringify(plan),
        null,
        slaSeconds,
        planKey(plan),
        actor,
      ]);
      return;
    }
    await queryIn(
      tx,
      `with reopened as (select fulfillment.reopen_settle($1, $2) as was_over)
       select fulfillment.append_job_event($1, case when was_over then 'job.reopened' else 'facts.wanted' end, $3, '{}')
         from reopened`,
      [known.id, slaSeconds, actor],
    );
  },

  async addJob(tx, { paymentId, plan, order, slaSeconds, actor }) {
    const [row] = await queryIn<{ id: string }>(tx, addJob, [
      'fulfil',
      paymentId,
      JSON.stringify(plan),
      order && JSON.stringify(order),
      slaSeconds,
      planKey(plan),
      actor,
    ]);
    if (!row) throw new Error('The job was not added.');
    return row.id;
  },
};

/** What was given a moment ago is owned as soon as a worker has come to it. */
const owns = `
select exists (select from fulfillment.ebook_entitlements e
                where e.profile_id = fulfillment.profile_named($1) and e.product_id = $2 and e.state <> 'revoked')
    or exists (select from fulfillment.payments p
                 join fulfillment.fulfillment_jobs j on j.payment_id = p.id and j.kind = 'fulfil' and j.state <> 'cancelled'
                where p.source = 'grant' and p.created_at > clock_timestamp() - interval '1 day'
                  and not exists (select from fulfillment.ebook_entitlements e where e.payment_id = p.id)
                  and lower(j.order_snapshot #>> '{buyer,email}') = $1
                  and j.order_snapshot #>> '{lines,0,productId}' = $2) as owns`;

const addJob = `
with job as (
  insert into fulfillment.fulfillment_jobs (kind, payment_id, plan_id, order_snapshot, sla_deadline)
  values ($1, $2, (select fulfillment.plan_id($3)), $4, clock_timestamp() + $5 * interval '1 second')
  returning id
), dispatch as (
  insert into fulfillment.fulfillment_dispatch (job_id, plan_key, due_at) select id, $6, clock_timestamp() from job
), told as (
  insert into fulfillment.fulfillment_job_events (job_id, seq, kind, actor) select id, 1, 'job.accepted', $7 from job
)
select id from job`;
