import type pg from 'pg';
import {
  defineCommitStep,
  defineOutsideStep,
  queryIn,
  type JobView,
  type Step,
  type StepOutcome,
} from '../../dist/index.js';
import { lastStep, stepNames, writeEffect, writeEffects } from './effects.ts';
import type { BenchOrder } from './engine.ts';

type OnLastStep = (jobId: string, order: BenchOrder) => void;

// Written by `enqueue` a moment ago; the peers take their payloads as they come, too.
const orderOf = (job: JobView) => job.order as BenchOrder;

/** Each step writes its rows for many orders in one statement. */
export function commitSteps(onLastStep: OnLastStep): Step[] {
  return stepNames.map((name, index) =>
    defineCommitStep({
      name,
      async commit(tx, jobs) {
        await queryIn(tx, writeEffects, [jobs.map((job) => orderOf(job).orderId), name]);
        if (index === lastStep) for (const job of jobs) onLastStep(job.jobId, orderOf(job));
        return new Map(jobs.map((job): [string, StepOutcome] => [job.jobId, { kind: 'done' }]));
      },
    }),
  );
}

/** Each step writes one row for one order, over a connection of its own, as if the table were somewhere else. */
export function makeSteps(pool: pg.Pool, onLastStep: OnLastStep): Step[] {
  return stepNames.map((name, index) =>
    defineOutsideStep<null>({
      name,
      effects: () => [{ key: name, provider: 'effects' }],
      async find({ job }) {
        const values = [orderOf(job).orderId, name];
        const { rowCount } = await pool.query({ name: 'find', text: findEffect, values });
        return rowCount ? { found: true } : undefined;
      },
      async make({ job }) {
        const order = orderOf(job);
        await pool.query({ name: 'effect', text: writeEffect, values: [order.orderId, name] });
        if (index === lastStep) onLastStep(job.jobId, order);
        return { written: true };
      },
    }),
  );
}

const findEffect = 'select from bench_effects where order_id = $1 and step = $2';
