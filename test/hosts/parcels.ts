import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Plan } from '../../src/domain/plan.ts';
import { defineCommitStep, defineOutsideStep, definePlan, defineReadStep } from '../../src/engine/define.ts';
import type { JobView, Step } from '../../src/ports/step.ts';
import { queryIn } from '../../src/store/transaction.ts';
import type { Carrier } from './carrier.ts';

/** How long the steps of a host take, in milliseconds. */
export interface Pace {
  weighMs: number;
  postMs: number;
}

export interface ParcelWork {
  host: string;
  pace: Pace;
  carrier: Carrier;
}

/** The things each parcel sends, one effect each. */
export const postings = ['box', 'note'] as const;

const retry = { baseMs: 50, capMs: 400 };

/** A job may have its own pace, also one for a certain host. */
const orderSchema = z.object({
  weighMs: z.number().optional(),
  weighMsAt: z.record(z.string(), z.number()).optional(),
  postMs: z.number().optional(),
});
const orderOf = (job: JobView) => orderSchema.parse(job.order);

/** Writes one line per job into the depot's own log, which would show it if it were written twice. */
function log(name: string, host: string): Step {
  return defineCommitStep({
    name,
    retry,
    async commit(tx, jobs) {
      const subjects = jobs.map((job) => job.subjectKey);
      await queryIn(
        tx,
        'insert into public.depot_log (subject, step, host) select s, $2, $3 from unnest($1::text[]) s',
        [subjects, name, host],
      );
      return new Map(jobs.map((job) => [job.jobId, { kind: 'done', output: { by: host } }]));
    },
  });
}

/** The second version tells more than the first. */
function weigh(version: number, { host, pace }: ParcelWork): Step {
  return defineReadStep({
    name: 'weigh',
    version,
    retry,
    provider: 'scale',
    async run(job, { signal }) {
      const { weighMs = pace.weighMs, weighMsAt } = orderOf(job);
      await sleep(weighMsAt?.[host] ?? weighMs, undefined, { signal });
      return { kind: 'done', output: version === 1 ? { by: host } : { by: host, grams: 250 } };
    },
  });
}

function post({ host, pace, carrier }: ParcelWork): Step {
  const keyOf = (job: JobView, effectKey: string) => `${job.subjectKey}/${effectKey}`;
  return defineOutsideStep({
    name: 'post',
    retry,
    effects: () => postings.map((key) => ({ key, provider: 'carrier' })),
    prepare: async () => ({ kind: 'ready', prepared: null }),
    async find({ job, effect }, { signal }) {
      const by = await carrier.find(keyOf(job, effect.key), signal);
      return by === undefined ? undefined : { by, found: true };
    },
    async make({ job, effect }, { signal, attempt }) {
      await carrier.post({ key: keyOf(job, effect.key), host, attempt }, signal);
      // The answer takes its time: who is interrupted meanwhile has posted it and does not know.
      await sleep(orderOf(job).postMs ?? pace.postMs, undefined, { signal });
      return { by: host };
    },
  });
}

const planned = (name: string, version = 1) => ({ step: { name, version } });

/** Reserve, weigh, post, close. Between the plan's two versions the weighing changes. */
export function parcelPlan(version: number): Plan {
  return definePlan({
    name: 'parcel',
    version,
    steps: [
      planned('reserve'),
      { ...planned('weigh', version), needs: ['reserve'] },
      { ...planned('post'), needs: ['weigh'] },
      { ...planned('close'), needs: ['post'] },
    ],
  });
}

/** All that a build needs which knows the plan in these versions. */
export function parcelBuild(work: ParcelWork, versions: number[]): { plans: Plan[]; steps: Step[] } {
  return {
    plans: versions.map(parcelPlan),
    steps: [
      log('reserve', work.host),
      ...versions.map((version) => weigh(version, work)),
      post(work),
      log('close', work.host),
    ],
  };
}
