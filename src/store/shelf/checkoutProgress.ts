import { z } from 'zod';
import { formats } from '../../domain/effectKey.ts';
import { jobStates } from '../../domain/job.ts';
import type { CheckoutProgress, CheckoutProgressStore } from '../../ports/checkoutProgress.ts';
import { ask, type Database } from './ask.ts';

const progressSchema = z.object({
  paid: z.boolean(),
  paidAt: z.coerce.date(),
  takenBack: z.boolean(),
  job: z.object({ id: z.string(), kind: z.string(), state: z.enum(jobStates) }).nullable(),
  resolved: z.boolean(),
  email: z.string().nullable(),
  corrected: z.boolean(),
  mailAccepted: z.boolean(),
  downloaded: z.boolean(),
  books: z.array(
    z.object({
      lineNo: z.number(),
      title: z.string(),
      state: z.enum(['processing', 'active', 'pending_claim', 'revoked']).nullable(),
      formats: z.array(z.object({ format: z.enum(formats), ready: z.boolean() })),
    }),
  ),
});

/** What pages after a checkout ask, over a pool that logs in as `fulfillment_shelf`. */
export function createCheckoutProgressStore(database: Database): CheckoutProgressStore {
  async function read(sessionId: string | null, paymentIds: readonly string[]): Promise<CheckoutProgress[]> {
    const rows = await ask<{ payment_id: string; progress: unknown }>(
      database,
      'select payment_id, progress from fulfillment.checkout_progress($1, $2)',
      [sessionId, paymentIds],
    );
    return rows.map(({ payment_id: paymentId, progress }) => ({
      paymentId,
      ...progressSchema.parse(progress),
    }));
  }

  return {
    ofSession: async (sessionId) => (await read(sessionId, []))[0],
    ofPayments: (paymentIds) => read(null, paymentIds),
  };
}
