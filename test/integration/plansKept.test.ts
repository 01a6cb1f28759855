import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEngineStack, type EngineStack } from '../builders/engineStack.ts';
import { planOf, readStep } from '../builders/steps.ts';

let stack: EngineStack;

beforeAll(async () => {
  stack = await startEngineStack();
});
afterAll(() => stack.stop());

const idOf = 'select fulfillment.plan_id($1) as id';

describe('the plans that jobs were created with', () => {
  it('are kept once, however many jobs come with the same one at the same moment', async () => {
    const plan = planOf([readStep('first'), readStep('second')]);
    await stack.addJobs(plan, 40);
    const kept = await stack.rows(
      `select p.definition, count(*)::int as jobs from fulfillment.fulfillment_plans p
         join fulfillment.fulfillment_jobs j on j.plan_id = p.id group by p.id`,
    );
    expect(kept).toEqual([{ definition: plan, jobs: 40 }]);
  });

  it('are told apart by any difference, and by no difference in key order', async () => {
    const plan = planOf([readStep('first')]);
    const worker = stack.poolAs('fulfillment_worker', 1);
    const idIn = async (text: string) => (await worker.query<{ id: number }>(idOf, [text])).rows[0]?.id;
    const id = await idIn(JSON.stringify(plan));
    const { name, version, steps } = plan;
    expect(await idIn(JSON.stringify({ steps, version, name }))).toBe(id);
    expect(await idIn(JSON.stringify({ ...plan, version: version + 1 }))).not.toBe(id);
  });

  it('cannot be changed or removed by those who run jobs', async () => {
    const worker = stack.poolAs('fulfillment_worker', 1);
    for (const statement of [
      `update fulfillment.fulfillment_plans set definition = '{"steps":[]}'`,
      'delete from fulfillment.fulfillment_plans',
      `insert into fulfillment.fulfillment_plans (definition) values ('{"steps":[]}')`,
    ])
      await expect(worker.query(statement)).rejects.toMatchObject({ code: '42501' });
  });
});
