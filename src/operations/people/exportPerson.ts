import { z } from 'zod';
import { parseEmailAddress } from '../../domain/emailAddress.ts';
import type { PersonReader } from '../../ports/personControl.ts';
import type { ReadOperation } from '../frame/operation.ts';
import { unknownPerson, unusableEmail } from './refusals.ts';

const input = z.strictObject({
  email: z.string().max(512).describe('The address of the person, alone: no name beside it.'),
});
const output = z.strictObject({
  rows: z.int(),
  text: z
    .string()
    .describe('One JSON document a line: `what` it is, and what is stored of it. The lines with their ends.'),
});

/**
 * Everything that is stored of one person, to give it to them (GDPR art. 15 and 20). Not masked: that is its purpose, so
 * it is for few, needs a reason, and stands in the audit without the address.
 */
export function createExportPerson(
  people: PersonReader,
): ReadOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'read',
    name: 'person:export',
    permission: 'person:export',
    summary:
      'Take away everything that is stored of one person, to give it to them; who did, and why, is kept',
    path: '/people/export',
    input,
    output,
    audited: () => ({
      target: { kind: 'person', id: 'by_address' },
      reason: 'required',
      details: ({ rows }) => ({ rows }),
    }),
    async read({ email }) {
      const address = parseEmailAddress(email);
      if (!address) throw unusableEmail();
      const stored = await people.read(address.canonical);
      if (!stored) throw unknownPerson();
      return {
        rows: stored.length,
        text: stored.map(({ what, data }) => `${JSON.stringify({ what, ...data })}\n`).join(''),
      };
    },
  };
}
