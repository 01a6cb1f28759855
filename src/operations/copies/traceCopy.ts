import { z } from 'zod';
import { maskEmail, maskName } from '../../domain/masking.ts';
import type { CopyTraces, TracedCopy } from '../../ports/copyTrace.ts';
import type { ReadOperation } from '../frame/operation.ts';

const input = z.strictObject({
  code: z
    .string()
    .regex(/^[A-Z0-9-]{1,64}$/, 'This must be the code of a mark, as fulfillment verify shows it.')
    .describe('The code of a hidden mark, as it was read in a file.'),
});

const text = z.string().nullable();
const copy = z.strictObject({
  orderId: z.string(),
  jobId: text,
  lineNo: z.int(),
  productId: text,
  title: text,
  version: text.describe('The one that is handed out now; a copy of an earlier version has the same mark.'),
  format: z.string(),
  storedAt: z.string(),
  paidAt: text,
  buyer: z.strictObject({ email: text, name: text }).describe('Masked.'),
  entitlement: text.describe('Its state: active, revoked, …; null: nothing was granted yet.'),
});
const output = z.strictObject({
  code: z.string(),
  copy: copy.nullable().describe('Null: no copy of ours has this mark.'),
});

/** Names the order whose copy has a mark. */
export function createTraceCopy(
  traces: CopyTraces,
): ReadOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'read',
    name: 'copies:trace',
    permission: 'copies:read',
    summary: 'Name the order whose copy of a book has a mark',
    path: '/copies/:code',
    input,
    output,
    async read({ code }) {
      const found = await traces.find(code);
      return { code, copy: found ? shown(found) : null };
    },
  };
}

const recorded = z.object({
  buyer: z.object({ email: z.string(), name: text.catch(null) }),
  lines: z.array(z.object({ lineNo: z.number(), title: z.string().catch('') })).catch([]),
});

function shown({ order, storedAt, paidAt, ...traced }: TracedCopy): z.infer<typeof copy> {
  const known = recorded.safeParse(order).data;
  const name = known?.buyer.name ?? null;
  return {
    ...traced,
    title: known?.lines.find(({ lineNo }) => lineNo === traced.lineNo)?.title ?? null,
    storedAt: storedAt.toISOString(),
    paidAt: paidAt?.toISOString() ?? null,
    buyer: {
      email: known ? maskEmail(known.buyer.email) : null,
      name: name === null ? null : maskName(name),
    },
  };
}
