import { z } from 'zod';
import type { FoundJob } from '../../ports/search.ts';

const text = z.string().nullable();
const time = z.string().describe('ISO 8601, UTC.');

/** One job as a list shows it. */
export const foundOrder = z.strictObject({
  jobId: z.string(),
  kind: z.string(),
  status: z.string().describe('What support reads.'),
  state: z.string(),
  reason: text,
  failedStep: text,
  mailUnproven: z.boolean(),
  orderId: text,
  paymentKey: text,
  livemode: z.boolean().nullable(),
  amountMinor: z.number().nullable().describe('Minor units; null until the order is resolved.'),
  currency: text,
  buyer: text.describe('The masked address; null until the order is resolved.'),
  receiptNumber: text,
  createdAt: time,
  slaDeadline: time,
  finishedAt: time.nullable(),
  dueAt: time.nullable(),
  likeness: z
    .number()
    .nullable()
    .describe('How much the buyer resembles the words, 0 to 1000; null where nothing was compared.'),
});
export type FoundOrder = z.infer<typeof foundOrder>;

export function foundOrderOf(job: FoundJob): FoundOrder {
  return {
    ...job,
    createdAt: job.createdAt.toISOString(),
    slaDeadline: job.slaDeadline.toISOString(),
    finishedAt: job.finishedAt?.toISOString() ?? null,
    dueAt: job.dueAt?.toISOString() ?? null,
  };
}
