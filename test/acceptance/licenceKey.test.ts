import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { licenceKeys } from '../../examples/licenceKey.ts';
import { type SandboxStack, startSandboxStack } from '../../src/main/sandboxStack.ts';
import { openAdminPool } from '../setup/adminPool.ts';
import { until } from './until.ts';

let dataDirectory: string;
let stack: SandboxStack;
let database: pg.Pool;

beforeAll(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'fulfillment-acceptance-'));
  await chmod(dataDirectory, 0o755);
  stack = await startSandboxStack({ dataDirectory, anyPorts: true, extension: licenceKeys });
  database = openAdminPool(stack.databaseUrl);
  await database.query(
    `create table public.licences (payment_id uuid primary key, key uuid not null default gen_random_uuid());
     grant select, insert on public.licences to fulfillment_worker`,
  );
});

afterAll(async () => {
  await database?.end();
  await stack?.stop();
  await rm(dataDirectory, { recursive: true, force: true });
});

it('a step of one’s own in the shop’s plan: every purchase gets its licence key, once', async () => {
  const { paymentIntentId } = await stack.purchase({
    products: ['paragon-bez-tajemnic'],
    email: 'ada@example.com',
  });
  const job = await until(
    'a completed job',
    async () => {
      const { rows } = await database.query<{ plan_version: number; timeline: string[]; keys: number }>(
        `select (select (x.definition ->> 'version')::int from fulfillment.fulfillment_plans x where x.id = j.plan_id) as plan_version,
              (select array_agg(concat_ws(' ', e.kind, e.step)) from fulfillment.fulfillment_job_events e where e.job_id = j.id) as timeline,
              (select count(*)::int from public.licences l where l.payment_id = j.payment_id) as keys
         from fulfillment.fulfillment_jobs j join fulfillment.payments p on p.id = j.payment_id
        where p.payment_key = $1 and j.state = 'completed'`,
        [paymentIntentId],
      );
      return rows[0];
    },
    { withinMs: 20_000 },
  );
  expect(job).toMatchObject({ plan_version: 101, keys: 1 });
  expect(job?.timeline).toContain('step.done licence_key');
});
