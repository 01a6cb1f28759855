import type pg from 'pg';
import type { Plan } from '../../domain/plan.ts';

export interface OutgoingSetting {
  plan: Plan;
  /** Whether there is anybody to tell. */
  enabled: boolean;
  slaSeconds: number;
  /** Of what was paid before, nobody is told. */
  startDate: Date;
}

/** Says whether jobs of a plan are made from now on by what they tell of; as role `fulfillment_worker`. */
export async function setOutgoing(
  pool: pg.Pool,
  { plan, enabled, slaSeconds, startDate }: OutgoingSetting,
): Promise<void> {
  await pool.query('select fulfillment.set_outgoing($1, $2, $3, $4, $5)', [
    plan.name,
    enabled,
    JSON.stringify(plan),
    slaSeconds,
    startDate,
  ]);
}
