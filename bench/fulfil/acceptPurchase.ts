import { createHash, randomBytes } from 'node:crypto';
import { orderIdFrom } from '../../src/domain/orderId.ts';
import { fulfilPlan } from '../../src/index.ts';
import type { IntakeStore } from '../../src/ports/intakeStore.ts';
import { intentPrefix, sessionPrefix } from './standIns.ts';

/** What the webhook does with a genuine event of a paid session, once signature and form are checked. */
export async function acceptPurchase(intake: IntakeStore, number: number): Promise<void> {
  const paymentIntentId = `${intentPrefix}${number}`;
  const checkoutSessionId = `${sessionPrefix}${number}`;
  const type = 'checkout.session.completed';
  const eventId = `evt_bench_${number}`;
  const said = { object: { id: checkoutSessionId, payment_intent: paymentIntentId, payment_status: 'paid' } };
  const body = Buffer.from(JSON.stringify({ id: eventId, type, livemode: false, data: said }));
  const { outcome } = await intake.accept(
    {
      eventId,
      type,
      apiVersion: null,
      livemode: false,
      occurredAt: new Date(),
      verdict: 'accepted',
      reason: null,
      door: 'webhook',
      body,
      contentSha256: createHash('sha256').update(body).digest(),
    },
    {
      paymentKey: paymentIntentId,
      paymentIntentId,
      checkoutSessionId,
      orderId: orderIdFrom(randomBytes(12)),
      livemode: false,
      paid: true,
      plan: fulfilPlan,
      slaSeconds: 300,
      waitForSessionMs: 20_000,
      traceContext: null,
    },
  );
  if (outcome !== 'accepted') throw new Error(`Purchase ${number} was not accepted but ${outcome}.`);
}
