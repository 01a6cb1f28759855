import { getObject } from './objectStore.ts';
import type { Db } from './objectStore.ts';
import { badParameter, StripeApiError } from './wire/errors.ts';
import type { ChargeBody, IntentBody } from './objects/shapes.ts';

/** A charge by its own id, or by the intent that made it. */
export interface ChargeName {
  charge?: string;
  paymentIntent?: string;
}

/**
 * The charge, held until the end of the transaction.
 * @throws StripeApiError (404, 400) when there is none.
 */
export async function lockCharge(db: Db, name: ChargeName): Promise<ChargeBody> {
  const { paymentIntent } = name;
  const id = name.charge ?? (paymentIntent === undefined ? undefined : await latestCharge(db, paymentIntent));
  if (id === undefined) {
    throw badParameter(
      'One of the following params should be provided for this request: payment_intent or charge.',
      'payment_intent',
    );
  }
  return getObject<ChargeBody>(db, { type: 'charge', id, param: 'charge', lock: true });
}

async function latestCharge(db: Db, id: string): Promise<string> {
  const intent = await getObject<IntentBody>(db, { type: 'payment_intent', id, param: 'payment_intent' });
  if (intent.latest_charge !== null) return intent.latest_charge;
  throw new StripeApiError(400, `This PaymentIntent (${id}) does not have a successful charge to refund.`, {
    code: 'charge_not_found',
    param: 'payment_intent',
  });
}
