import type pg from 'pg';

export interface TimelineLine {
  seq: number;
  at: Date;
  kind: string;
  step: string | null;
  data: Record<string, unknown>;
}

/** What happened to a payment's job after event `afterSeq`, and where the job stands. */
export async function readTimeline(
  pool: pg.Pool,
  paymentKey: string,
  afterSeq: number,
): Promise<{ state: string | null; acceptedAt: Date | null; events: TimelineLine[] }> {
  const { rows } = await pool.query<{ id: string; state: string; created_at: Date }>(
    `select j.id, j.state, j.created_at from fulfillment.payments p
       join fulfillment.fulfillment_jobs j on j.payment_id = p.id and j.kind = 'fulfil'
      where p.payment_key = $1`,
    [paymentKey],
  );
  const job = rows[0];
  if (!job) return { state: null, acceptedAt: null, events: [] };
  const events = await pool.query<TimelineLine>(
    `select seq, at, kind, step,
            case when kind in ('job.completed', 'job.failed')
                 then data || jsonb_build_object('latency_seconds', round(extract(epoch from at - $3::timestamptz), 3)) else data end as data
       from fulfillment.fulfillment_job_events where job_id = $1 and seq > $2 order by seq`,
    [job.id, afterSeq, job.created_at],
  );
  return { state: job.state, acceptedAt: job.created_at, events: events.rows };
}
