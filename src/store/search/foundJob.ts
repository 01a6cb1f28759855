import { z } from 'zod';
import { type JobState, type StepState, type StepStatus, supportStatus } from '../../domain/job.ts';
import { maskEmail } from '../../domain/masking.ts';
import type { Plan } from '../../domain/plan.ts';
import { keyText } from '../../domain/search/keys.ts';
import type { FoundJob } from '../../ports/search.ts';

/** A row as the page's statement gives it. */
export interface FoundRow {
  id: string;
  likeness: number | null;
  kind: string;
  state: JobState;
  reason: string | null;
  failed_step: string | null;
  plan: unknown;
  mail_unproven: boolean;
  sla_deadline: Date;
  created_at: Date;
  finished_at: Date | null;
  order_id: string | null;
  payment_key: string | null;
  livemode: boolean | null;
  amount: bigint | string | null;
  currency: string | null;
  steps: Array<{ step: string; state: StepState; attempts: number }> | null;
  receipt: { series: string; number: number } | null;
  profile_email: string | null;
  order_email: string | null;
  due_at: Date | null;
}

const planShape = z.object({
  name: z.string(),
  version: z.number(),
  steps: z.array(
    z.object({ name: z.string(), version: z.number(), needs: z.array(z.string()), holds: z.boolean() }),
  ),
});

/** A job whose plan this build cannot read is still found; it stands at no step that we know. */
function readPlan(plan: unknown): Plan {
  const parsed = planShape.safeParse(plan);
  return parsed.success ? parsed.data : { name: 'unknown', version: 0, steps: [] };
}

function statusOfRow(row: FoundRow): string {
  const steps = new Map<string, StepStatus>(
    (row.steps ?? []).map(({ step, state, attempts }) => [
      step,
      { state, attempts, dueAt: null, reason: null },
    ]),
  );
  const { state, reason, failed_step: failedStep } = row;
  return supportStatus({ state, reason, failedStep }, readPlan(row.plan), steps);
}

export function foundJobOf(row: FoundRow): FoundJob {
  const email = row.profile_email ?? row.order_email;
  return {
    jobId: row.id,
    kind: row.kind,
    status: statusOfRow(row),
    state: row.state,
    reason: row.reason,
    failedStep: row.failed_step,
    mailUnproven: row.mail_unproven,
    orderId: row.order_id,
    paymentKey: row.payment_key,
    livemode: row.livemode,
    amountMinor: row.amount === null ? null : Number(row.amount),
    currency: row.currency,
    buyer: email === null ? null : maskEmail(email),
    receiptNumber: row.receipt && keyText({ kind: 'receipt', ...row.receipt }),
    createdAt: row.created_at,
    slaDeadline: row.sla_deadline,
    finishedAt: row.finished_at,
    dueAt: row.due_at,
    likeness: row.likeness,
  };
}
