import { z } from 'zod';
import { effectStates, jobStates, stepStates } from '../../domain/job.ts';
import type { Plan } from '../../domain/plan.ts';
import type { ClaimedJob } from '../../ports/jobStore.ts';
import type { JsonObject } from '../../ports/step.ts';

/** A dispatch row as the claim left it. */
export interface Dispatched {
  job_id: string;
  lease_token: bigint;
  control_seq: bigint;
  isolation: number;
  losses_alone: number;
}

// What comes out of a jsonb column is JSON: only its outermost shape is in doubt.
const jsonObject = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);
const progress = {
  attempts: z.number(),
  dueAt: z.coerce.date().nullable(),
  reason: z.string().nullable(),
};
const rowSchema = z.object({
  kind: z.string(),
  state: z.enum(jobStates),
  reason: z.string().nullable(),
  order_snapshot: jsonObject.nullable(),
  created_at: z.number(),
  sla_deadline: z.number(),
  subject_key: z.string().nullable(),
  trace_context: z.string().nullable(),
  payment: z.object({ id: z.string(), key: z.string(), orderId: z.string(), erased: z.boolean() }).nullable(),
  steps: z
    .array(
      z.object({ step: z.string(), state: z.enum(stepStates), output: jsonObject.nullable(), ...progress }),
    )
    .nullable(),
  effects: z
    .array(
      z.object({
        step: z.string(),
        effectKey: z.string(),
        state: z.enum(effectStates),
        evidence: jsonObject.nullable(),
        ...progress,
      }),
    )
    .nullable(),
});

/** A claimed job; undefined when this build cannot read its rows or its plan. */
export function readClaimed(
  dispatched: Dispatched,
  row: unknown,
  plan: Plan | undefined,
): ClaimedJob | undefined {
  const { data } = rowSchema.safeParse(row);
  if (!data || !plan) return undefined;
  return {
    lease: { jobId: dispatched.job_id, token: dispatched.lease_token },
    controlSeq: dispatched.control_seq,
    isolated: dispatched.isolation > 0,
    lossesAlone: dispatched.losses_alone,
    kind: data.kind,
    plan,
    state: data.state,
    reason: data.reason,
    subjectKey: data.subject_key,
    payment: data.payment,
    order: data.order_snapshot,
    acceptedAt: new Date(data.created_at),
    slaDeadline: new Date(data.sla_deadline),
    traceContext: data.trace_context,
    steps: data.steps ?? [],
    effects: data.effects ?? [],
  };
}
