import type pg from 'pg';
import { kindsNobodyWaitsFor } from '../../../domain/guardrails.ts';
import type { LateOrder, SlaFigures, SlaReading, SlaReportReader } from '../../../ports/slaReport.ts';
import { ask } from '../../shelf/ask.ts';

/** The whole and each of its days out of one reading: percentiles of days cannot be put together. */
const figures = `
select to_char(o.day, 'YYYY-MM-DD') as day, count(*)::int as orders,
       (count(*) filter (where o.sla = 'met'))::int as met,
       (count(*) filter (where o.sla = 'breached'))::int as breached,
       (count(*) filter (where o.sla = 'running'))::int as running,
       (count(*) filter (where o.sla = 'cancelled'))::int as cancelled,
       percentile_cont(array[0.5, 0.95, 0.99]) within group (order by o.latency_seconds)
         filter (where o.state = 'completed') as percentiles
  from reporting.order_outcomes o
 where o.day between $1 and $2
 group by grouping sets ((), (o.day))
 order by o.day nulls first`;

const failures = `
select f.step, f.reason, sum(f.failures)::int as failures
  from reporting.failures_by_reason f
 where f.day between $1 and $2 and f.kind <> all ($3)
 group by 1, 2
 order by 3 desc, 1, 2
 limit 50`;

const worst = `
select o.job_id as "jobId", o.state, o.failed_step as "failedStep", o.reason,
       extract(epoch from case when o.state = 'completed' then o.finished_at else now() end - o.accepted_at)::float8
         as "waitedSeconds"
  from reporting.order_outcomes o
 where o.day between $1 and $2 and o.sla = 'breached'
 order by o.state = 'completed', 5 desc, o.job_id
 limit $3`;

type Row = Omit<SlaFigures, 'p50' | 'p95' | 'p99'> & { day: string | null; percentiles: number[] | null };

/** How orders kept their time, over a pool of `fulfillment_operations`. */
export const createSlaReportReader = (pool: pg.Pool): SlaReportReader => ({
  async read({ from, to, worstMax }): Promise<SlaReading> {
    const [rows, failed, late] = await Promise.all([
      ask<Row>(pool, figures, [from, to]),
      ask<SlaReading['failures'][number]>(pool, failures, [from, to, kindsNobodyWaitsFor]),
      ask<LateOrder>(pool, worst, [from, to, worstMax]),
    ]);
    const [whole, ...days] = rows;
    if (!whole) throw new Error('The figures of all days have no row.');
    return {
      whole: figuresOf(whole),
      days: days.map((row) => ({ day: row.day ?? '', ...figuresOf(row) })),
      failures: failed,
      worst: late,
    };
  },
});

function figuresOf({ orders, met, breached, running, cancelled, percentiles }: Row): SlaFigures {
  const [p50 = null, p95 = null, p99 = null] = percentiles ?? [];
  return { orders, met, breached, running, cancelled, p50, p95, p99 };
}
