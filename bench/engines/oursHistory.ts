import type pg from 'pg';
import type { FinishedOrders } from './engine.ts';
import { insertCopies } from './insertCopies.ts';
import { readCount } from './pool.ts';

const schema = 'fulfillment';
const belongings = ['fulfillment_job_steps', 'fulfillment_job_effects', 'fulfillment_job_events'];

/** So many copies of the first finished job, a millisecond apart, with keys of about three weeks ago. */
export async function addFinishedJobs(pool: pg.Pool, { orders, everything }: FinishedOrders): Promise<void> {
  const { rows } = await pool.query<{ id: string; first_ms: number }>(
    `select id, (extract(epoch from date_trunc('day', now()) - interval '20 days') * 1000)::bigint as first_ms
     from fulfillment.fulfillment_jobs where kind = 'bench' and state = 'completed' order by id desc limit 1`,
  );
  const [model] = rows;
  if (!model) throw new Error('There is no finished job to copy.');
  const already = await readCount(pool, 'select count(*) as n from fulfillment.fulfillment_jobs');
  const newId = `(lpad(to_hex(${model.first_ms + already} + g), 12, '0') || '70008' || repeat('0', 15))::uuid`;
  const copies = { schema, count: orders };
  await insertCopies(pool, {
    ...copies,
    table: 'fulfillment_jobs',
    where: `s.id = '${model.id}'`,
    replace: { id: newId, subject_key: `'finished-' || (${already} + g)` },
  });
  if (!everything) return;
  for (const table of belongings)
    await insertCopies(pool, {
      ...copies,
      table,
      where: `s.job_id = '${model.id}'`,
      replace: { job_id: newId },
    });
}
