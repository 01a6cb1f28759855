import { z } from 'zod';
import type { Notice } from '../../ports/settling.ts';

const lines = z.array(z.number());
const aboutRefund = {
  key: z.string(),
  lines,
  refundId: z.string(),
  amount: z.number(),
  currency: z.string(),
};
const aboutAccess = { key: z.string(), lines };

/** A notice as its row has it: key, kind, and what stands in its data. */
export const noticeSchema: z.ZodType<Notice> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('refund'), ...aboutRefund }),
  z.object({ kind: z.literal('refund_failed'), ...aboutRefund }),
  z.object({ kind: z.literal('access_ended'), ...aboutAccess }),
  z.object({ kind: z.literal('access_restored'), ...aboutAccess }),
]);
