import type { Finding } from '../../cli/duties.ts';
import { statusBehind } from '../../providers/stripe/client.ts';
import { createPaymentLists } from '../wireProviders.ts';
import { type CheckContext, faultText, findingsOf } from './check.ts';

/** Whether the key may read what catching up reads: events, Checkout Sessions, PaymentIntents. */
export async function checkLists({ config, signal }: CheckContext): Promise<Finding[]> {
  const { ok, failed } = findingsOf('stripe lists');
  const lists = createPaymentLists(config);
  // A moment's worth, so that nothing but the right to read is asked for.
  const now = new Date();
  const range = { createdFrom: now, createdTo: now };
  const asked = [
    ['events', () => lists.events({ createdFrom: now }, signal)],
    ['Checkout Sessions', () => lists.checkouts(range, signal)],
    ['PaymentIntents', () => lists.intents(range, signal)],
  ] as const;
  const troubles = await Promise.all(
    asked.map(async ([what, list]) => {
      try {
        await list();
        return [];
      } catch (error) {
        const why =
          statusBehind(error) === 403 ? `the key may not read ${what}` : `${what}: ${faultText(error)}`;
        return [failed(why, 'Give the key the right to read them: what no webhook tells is found there.')];
      }
    }),
  );
  const findings = troubles.flat();
  return findings.length > 0 ? findings : [ok('events and sales can be read, so that none is missed')];
}
