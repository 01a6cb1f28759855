import { z } from 'zod';
import type { Clock } from '../../ports/clock.ts';
import type { OrderDossiers } from '../../ports/orderDossier.ts';
import type { ReadOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import { type OrderBuyer, orderOf } from './orderSnapshot.ts';

export const revealedFields = ['email', 'name', 'address', 'company', 'taxIds'] as const;
export type RevealedField = (typeof revealedFields)[number];

const input = z.strictObject({
  jobId: z.uuid().describe('The job of the order.'),
  field: z.enum(revealedFields).describe('The one field that is shown.'),
});
const output = z.strictObject({
  jobId: z.string(),
  field: z.enum(revealedFields),
  value: z.string().nullable().describe('In plain, one line per part; null when the buyer gave none.'),
  until: z.string().describe('When whoever shows it hides it again.'),
});

/** How long a revealed field is shown. */
export const revealedForMs = 60_000;

/** Shows one field of a buyer in plain, for a reason that is kept with the name of who asked. */
export function createRevealBuyer({
  dossiers,
  clock,
}: {
  dossiers: Pick<OrderDossiers, 'buyer'>;
  clock: Clock;
}): ReadOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'read',
    name: 'buyer:reveal',
    permission: 'buyer:reveal',
    summary: 'Show one field of a buyer unmasked for a minute; who asked, and why, is kept',
    path: '/jobs/:jobId/reveal',
    input,
    output,
    audited: ({ jobId, field }) => ({
      target: { kind: 'job', id: jobId },
      reason: 'required',
      details: () => ({ field }),
    }),
    async read({ jobId, field }) {
      const found = await dossiers.buyer(jobId);
      if (!found)
        throw new Refusal({
          kind: 'not_found',
          code: 'unknown_job',
          field: 'jobId',
          detail: 'There is no such job.',
        });
      const buyer = orderOf(found.order)?.buyer;
      if (!buyer && found.profileEmail === null)
        throw new Refusal({
          kind: 'wrong_state',
          code: 'buyer_unknown',
          detail: 'The order is not resolved yet, so nothing of its buyer is known.',
          remedy: 'Look at what the job waits for with orders:show.',
        });
      const value = buyer ? plain(buyer, field) : field === 'email' ? found.profileEmail : null;
      return { jobId, field, value, until: new Date(clock.now().getTime() + revealedForMs).toISOString() };
    },
  };
}

function plain(buyer: OrderBuyer, field: RevealedField): string | null {
  switch (field) {
    case 'email':
    case 'name':
    case 'company':
      return buyer[field];
    case 'taxIds':
      return lines(buyer.taxIds.map(({ type, value }) => `${type} ${value}`));
    case 'address': {
      const { address } = buyer;
      if (!address) return null;
      const town = [address.postalCode, address.city].filter((part) => part !== null).join(' ');
      return lines([address.line1, address.line2, town, address.state, address.country]);
    }
  }
}

const lines = (parts: ReadonlyArray<string | null>) => parts.filter((part) => part).join('\n') || null;
