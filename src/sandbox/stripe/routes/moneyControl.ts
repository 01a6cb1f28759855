import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { transact } from '../objectStore.ts';
import { disputeStatuses } from '../objects/shapes.ts';
import type { EventBody } from '../objects/shapes.ts';
import { webhookPlanSchema } from '../webhooks/webhookPlan.ts';
import type { RouteContext } from './context.ts';

const refundStatus = z.enum(['pending', 'requires_action', 'succeeded', 'failed', 'canceled']);
const unixSeconds = z.int().positive();
const metadata = z.record(z.string(), z.string());
const occasion = { created: unixSeconds.optional(), webhook: webhookPlanSchema.optional() };
const chargeName = {
  charge: z.string().min(1).optional(),
  payment_intent: z.string().min(1).optional(),
};

const refundSchema = z.strictObject({
  ...chargeName,
  ...occasion,
  amount: z.int().min(1).optional(),
  metadata: metadata.optional(),
  reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
  status: refundStatus.optional(),
});
const refundChangeSchema = z.strictObject({
  ...occasion,
  failure_reason: z.string().max(100).optional(),
  metadata: metadata.optional(),
  status: refundStatus.optional(),
});
const disputeSchema = z.strictObject({
  ...chargeName,
  ...occasion,
  amount: z.int().min(1).optional(),
  reason: z.string().max(100).optional(),
  status: z.enum(disputeStatuses).optional(),
});
const disputeChangeSchema = z.strictObject({ ...occasion, status: z.enum(disputeStatuses) });

type WithId = { Params: { id: string } };

/** What only banks do: how a refund ends, and what becomes of a dispute. */
export function addMoneyControl(server: FastifyInstance, context: RouteContext): void {
  const { pool, refunds, disputes } = context;

  server.post('/refunds', async (request) => {
    const { payment_intent: paymentIntent, amount: amountMinor, ...order } = refundSchema.parse(request.body);
    const made = await transact(pool, (db) => refunds.create(db, { ...order, paymentIntent, amountMinor }));
    context.wake();
    return shown(made);
  });

  server.post<WithId>('/refunds/:id', async (request) => {
    const { failure_reason: failureReason, ...change } = refundChangeSchema.parse(request.body);
    const changed = await transact(pool, (db) =>
      refunds.change(db, request.params.id, { ...change, failureReason }),
    );
    context.wake();
    return shown(changed);
  });

  server.post('/disputes', async (request) => {
    const {
      payment_intent: paymentIntent,
      amount: amountMinor,
      ...order
    } = disputeSchema.parse(request.body);
    const opened = await transact(pool, (db) => disputes.open(db, { ...order, paymentIntent, amountMinor }));
    context.wake();
    return shown(opened);
  });

  server.post<WithId>('/disputes/:id', async (request) => {
    const { status, ...when } = disputeChangeSchema.parse(request.body);
    const moved = await transact(pool, (db) => disputes.move(db, request.params.id, status, when));
    context.wake();
    return shown(moved);
  });
}

function shown<T extends { events: EventBody[] }>(change: T) {
  return { ...change, events: change.events.map((event) => event.id) };
}
