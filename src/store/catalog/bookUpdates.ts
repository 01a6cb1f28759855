import { type Plan, planKey } from '../../domain/plan.ts';
import type { BookUpdate, BookUpdates } from '../../ports/bookUpdates.ts';
import { clientOf } from '../transaction.ts';

export interface BookUpdatesOptions {
  /** Brings the copies. */
  silent: Plan;
  /** Brings the copies and tells of them. */
  told: Plan;
  /** Jobs that fall due in a second, so that sales of the same hour do not wait behind them; default 20. */
  perSecond?: number;
  slaSeconds: number;
}

/**
 * Jobs that bring a new version to its owners: the order as it was, with the one line alone and in the new version, and
 * in the formats that were bought and that the new version has.
 */
const statement = `
with asked as (
  select fulfillment.uuid_v7() as id, x."subjectKey" as subject_key, x."paymentId" as payment_id, x."newVersion" as version,
         x."lineNo" as line_no, row_number() over (order by x."subjectKey") as place, has.formats
    from jsonb_to_recordset($1) x("subjectKey" text, "paymentId" uuid, "productId" text, "newVersion" text,
                                  "lineNo" int, formats text[])
   cross join lateral (
         select array(select f.format from fulfillment.catalog_files f
                       where f.product_id = x."productId" and f.version = x."newVersion" and f.format = any(x.formats)
                       order by f.format desc) as formats) has
   where cardinality(has.formats) > 0
), orders as (
  select a.*, o.order_snapshot || jsonb_build_object('lines', (
           select jsonb_agg(l.line || jsonb_build_object('productVersion', a.version, 'formats', to_jsonb(a.formats)))
             from jsonb_array_elements(o.order_snapshot -> 'lines') l(line)
            where (l.line ->> 'lineNo')::int = a.line_no)) as order_snapshot
    from asked a
   cross join lateral (
         select j.order_snapshot from fulfillment.fulfillment_jobs j
          where j.payment_id = a.payment_id and j.kind in ('fulfil', 'adopt', 'grant') and j.order_snapshot is not null
          order by j.id limit 1) o
), jobs as (
  insert into fulfillment.fulfillment_jobs (id, kind, subject_key, payment_id, plan_id, order_snapshot, sla_deadline)
  select id, $2, subject_key, payment_id, (select fulfillment.plan_id($3)), order_snapshot,
         clock_timestamp() + place / $5::float8 * interval '1 second' + $6 * interval '1 second'
    from orders
  on conflict (kind, subject_key) where subject_key is not null do nothing
  returning id
), dispatch as (
  insert into fulfillment.fulfillment_dispatch (job_id, plan_key, due_at)
  select id, $4, clock_timestamp() + place / $5::float8 * interval '1 second' from orders join jobs using (id)
)
insert into fulfillment.fulfillment_job_events (job_id, seq, kind, actor)
select id, 1, 'job.accepted', 'catalog:import' from jobs`;

/** Runs in the import's transaction: an import that is undone has asked for nothing. */
export function createBookUpdates({
  silent,
  told,
  perSecond = 20,
  slaSeconds,
}: BookUpdatesOptions): BookUpdates {
  return {
    async ask(tx, updates) {
      const add = async (plan: Plan, some: BookUpdate[]): Promise<number> => {
        if (some.length === 0) return 0;
        const { rowCount } = await clientOf(tx).query(statement, [
          JSON.stringify(some),
          plan.name,
          JSON.stringify(plan),
          planKey(plan),
          perSecond,
          slaSeconds,
        ]);
        return rowCount ?? 0;
      };
      const toTell = updates.filter(({ notify }) => notify);
      const rest = updates.filter(({ notify }) => !notify);
      return (await add(told, toTell)) + (await add(silent, rest));
    },
  };
}
