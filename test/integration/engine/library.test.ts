import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine, defineCommitStep, definePlan, type Engine, queryIn } from '../../../src/index.ts';
import { eventually } from '../../builders/engineStack.ts';
import { openTestPools, type TestPools } from '../../builders/testPools.ts';
import { urlAs } from '../../setup/database.ts';

let pools: TestPools;
let engine: Engine;
let other: Engine;

const licence = defineCommitStep({
  name: 'licence',
  async commit(tx, jobs) {
    await queryIn(
      tx,
      'insert into public.licences (subject, holder) select * from unnest($1::text[], $2::text[]) on conflict do nothing',
      [jobs.map((job) => job.subjectKey), jobs.map((job) => (job.order as { holder: string }).holder)],
    );
    return new Map(jobs.map((job) => [job.jobId, { kind: 'done', output: { for: job.subjectKey } }]));
  },
});
const letter = defineCommitStep({
  name: 'letter',
  commit: async (_, jobs) => new Map(jobs.map((job) => [job.jobId, { kind: 'done' }])),
});
const plan = definePlan({
  name: 'welcome',
  steps: [{ step: licence }, { step: letter, needs: ['licence'] }],
});

beforeAll(async () => {
  pools = await openTestPools();
  await pools.rows('create table public.licences (subject text primary key, holder text not null)');
  await pools.rows('grant insert, select on public.licences to fulfillment_worker');
  const options = {
    databaseUrl: urlAs(pools.database, 'fulfillment_worker'),
    plans: [plan],
    steps: [licence, letter],
  };
  engine = createEngine({ ...options, pollMs: 50 });
  other = createEngine(options);
  engine.start();
});

afterAll(async () => {
  await engine.stop(0);
  await other.stop();
  await pools.stop();
});

const untilDone = (subject: string) =>
  eventually(async () => {
    const [job] = await pools.rows<{ state: string }>(
      'select state from fulfillment.fulfillment_jobs where subject_key = $1',
      [subject],
    );
    return job?.state === 'completed';
  });

describe('an engine in a program of one’s own', () => {
  it('runs a job through its plan, each step with what it was given', async () => {
    expect(await engine.enqueue([{ plan: 'welcome@1', subjectKey: 'ada', order: { holder: 'Ada' } }])).toBe(
      1,
    );
    await untilDone('ada');
    expect(await pools.rows('select * from public.licences')).toEqual([{ subject: 'ada', holder: 'Ada' }]);
    const timeline = await pools.rows<{ line: string }>(
      `select concat_ws(' ', e.kind, e.step) as line from fulfillment.fulfillment_job_events e
         join fulfillment.fulfillment_jobs j on j.id = e.job_id where j.subject_key = 'ada' order by e.seq`,
    );
    expect(timeline.map(({ line }) => line)).toEqual([
      'job.accepted',
      'step.done licence',
      'step.done letter',
      'job.completed',
    ]);
  });

  it('takes a subject once, however often it is told of it', async () => {
    const jobs = ['a', 'b', 'a'].map((subjectKey) => ({
      plan: 'welcome@1',
      subjectKey,
      order: { holder: 'x' },
    }));
    const counts = await Promise.all([engine.enqueue(jobs), other.enqueue(jobs)]);
    expect(counts[0] + counts[1]).toBe(2);
    expect(await engine.enqueue(jobs)).toBe(0);
  });

  it('does work that another process has accepted', async () => {
    await other.enqueue([{ plan: 'welcome@1', subjectKey: 'from-elsewhere', order: { holder: 'y' } }]);
    await untilDone('from-elsewhere');
  });

  it('waits for as long as a job was told to', async () => {
    await engine.enqueue([
      { plan: 'welcome@1', subjectKey: 'later', order: { holder: 'z' }, delayMs: 60_000 },
    ]);
    const [row] = await pools.rows<{ in_ms: number; state: string }>(
      `select extract(epoch from d.due_at - clock_timestamp()) * 1000 as in_ms, j.state
         from fulfillment.fulfillment_dispatch d join fulfillment.fulfillment_jobs j on j.id = d.job_id
        where j.subject_key = 'later'`,
    );
    expect(row?.state).toBe('open');
    expect(Number(row?.in_ms)).toBeGreaterThan(50_000);
  });

  it('says which plans it knows when it is given another', async () => {
    await expect(engine.enqueue([{ plan: 'welcome@2', subjectKey: 'q' }])).rejects.toThrow(
      'There is no plan welcome@2 here. Known plans: welcome@1.',
    );
  });
});
