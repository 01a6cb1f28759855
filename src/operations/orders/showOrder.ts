import { z } from 'zod';
import type { OrderDossiers } from '../../ports/orderDossier.ts';
import type { ReadOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import { type ShownOrder, shownOrder } from './orderParts.ts';
import { referenceMax, resolveReference } from './orderReference.ts';
import { showDossier } from './showDossier.ts';

const input = z.strictObject({
  ref: z
    .string()
    .min(1)
    .max(referenceMax)
    .describe(
      'Job id, order id, receipt number, pi_, cs_, ch_ or evt_ id, or the address of a buyer of one order.',
    ),
  before: z
    .int()
    .positive()
    .optional()
    .describe('Lines of the timeline before this one, for the older ones.'),
});

/** Everything that is known of one order. */
export function createShowOrder(
  dossiers: Pick<OrderDossiers, 'find' | 'read'>,
): ReadOperation<z.infer<typeof input>, ShownOrder> {
  return {
    kind: 'read',
    name: 'orders:show',
    permission: 'orders:show',
    summary: 'Show an order: a verdict in one sentence, and everything it rests on',
    path: '/orders/:ref',
    input,
    output: shownOrder,
    async read({ ref, before }, by) {
      const jobId = await resolveReference(dossiers, ref);
      const dossier = await dossiers.read(jobId, before);
      if (dossier) return showDossier(dossier, by.caller.roles);
      throw new Refusal({
        kind: 'not_found',
        code: 'unknown_job',
        field: 'ref',
        detail: 'There is no such job any more.',
      });
    },
  };
}
