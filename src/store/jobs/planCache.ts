import type pg from 'pg';
import { z } from 'zod';
import type { Plan } from '../../domain/plan.ts';

export const planSchema = z.object({
  name: z.string(),
  version: z.number(),
  steps: z.array(
    z.object({ name: z.string(), version: z.number(), needs: z.array(z.string()), holds: z.boolean() }),
  ),
});

export interface PlanCache {
  /** Plans by their ids. One that this build cannot read is undefined. */
  get(ids: Array<number | null>): Promise<ReadonlyMap<number, Plan | undefined>>;
}

/** Reads each plan once: a stored plan never changes. */
export function createPlanCache(pool: pg.Pool): PlanCache {
  const known = new Map<number, Plan | undefined>();
  return {
    async get(ids) {
      const wanted = [...new Set(ids)].filter((id): id is number => id !== null && !known.has(id));
      if (wanted.length > 0) {
        const { rows } = await pool.query<{ id: number; definition: unknown }>(
          'select id, definition from fulfillment.fulfillment_plans where id = any($1::integer[])',
          [wanted],
        );
        for (const { id, definition } of rows) known.set(id, planSchema.safeParse(definition).data);
      }
      return known;
    },
  };
}
