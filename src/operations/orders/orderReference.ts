import { keyText, readKey } from '../../domain/search/keys.ts';
import type { SearchKey } from '../../domain/search/query.ts';
import { type FoundReference, type OrderDossiers, ordersCountedMax } from '../../ports/orderDossier.ts';
import { Refusal } from '../frame/refusal.ts';

/** The longest reference there is: an e-mail address, or a link to a page of Stripe's with an id in it. */
export const referenceMax = 500;

const searchRemedy = 'Search for it: fulfillment orders search "<what you have>" (orders:search).';

/**
 * The job that one reference names.
 *
 * @throws Refusal when it is no reference, names nothing, or names several orders
 */
export async function resolveReference(dossiers: Pick<OrderDossiers, 'find'>, ref: string): Promise<string> {
  const reading = readKey(ref.trim());
  if (reading.kind === 'unsupported')
    throw new Refusal({
      kind: 'invalid_input',
      code: 'unsupported_reference',
      field: 'ref',
      detail: `This is the id of ${reading.what}, by which nothing can be found here.`,
      remedy: reading.remedy,
    });
  if (reading.kind === 'none')
    throw new Refusal({
      kind: 'invalid_input',
      code: 'unknown_reference',
      field: 'ref',
      detail:
        'An order is named by its job, its order id, its receipt, a pi_, cs_, ch_ or evt_ id, or an address.',
      remedy: searchRemedy,
    });
  const { key } = reading;
  const found = await dossiers.find(key);
  if (found.kind === 'job') return found.jobId;
  throw notOne(key, found);
}

const names: Record<SearchKey['kind'], string> = {
  job: 'job',
  order: 'order',
  receipt: 'receipt',
  payment_intent: 'payment',
  checkout_session: 'Checkout Session',
  charge: 'charge',
  event: 'event',
  email: 'buyer with this address',
};

/** How the key is called in a refusal, which must not hold a buyer's data. */
const told = (key: SearchKey) =>
  key.kind === 'email' ? names.email : `${names[key.kind]} ${keyText(key).slice(0, 100)}`;

function notOne(key: SearchKey, found: Exclude<FoundReference, { kind: 'job' }>): Refusal {
  const field = 'ref';
  switch (found.kind) {
    case 'several': {
      const many = found.orders < ordersCountedMax ? found.orders : `${ordersCountedMax} or more`;
      return new Refusal({
        kind: 'wrong_state',
        code: 'several_orders',
        field,
        detail: `There are ${many} orders of the ${told(key)}.`,
        remedy:
          'Search with the address to see them all: fulfillment orders search "<address>" (orders:search), then name one.',
      });
    }
    case 'payment_without_job':
      return new Refusal({
        kind: 'not_found',
        code: found.paid ? 'no_job' : 'payment_not_paid',
        field,
        detail: found.paid
          ? `The ${told(key)} is known and paid, and nothing was to be done for it.`
          : `The ${told(key)} is known and not paid, so nothing is owed for it.`,
        remedy: 'Look at it in Stripe, and at its events (webhooks:list).',
      });
    case 'event_without_payment':
      return new Refusal({
        kind: 'not_found',
        code: 'event_without_order',
        field,
        detail: `The ${told(key)} is kept as ${found.verdict}${found.reason === null ? '' : ` (${found.reason})`}: no order came of it.`,
        remedy: 'Look at the event itself: fulfillment webhooks show (webhooks:show).',
      });
    case 'none':
      return new Refusal({
        kind: 'not_found',
        code: key.kind === 'job' ? 'unknown_job' : 'no_such_order',
        field,
        detail: `There is no ${told(key)} here.`,
        remedy: key.kind === 'email' ? `An address may be misspelt. ${searchRemedy}` : searchRemedy,
      });
  }
}
