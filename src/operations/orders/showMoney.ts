import { z } from 'zod';
import { keyText } from '../../domain/search/keys.ts';
import type { Dossier } from '../../ports/orderDossier.ts';
import type { JsonObject } from '../../ports/step.ts';
import type { ShownOrder } from './orderParts.ts';

/** Facts as the settlement writes them; whatever is not so is not shown. */
const factsSchema = z.object({
  received: z.number().default(0),
  refunded: z.number().default(0),
  refunds: z
    .array(
      z.object({
        id: z.string(),
        amount: z.number(),
        status: z.string(),
        createdAt: z.string(),
        lines: z.array(z.number()).nullable(),
      }),
    )
    .default([]),
  disputes: z.array(z.object({ id: z.string(), amount: z.number(), status: z.string() })).default([]),
  taken_lines: z.array(z.number()).default([]),
});

/** What went back of a payment, and what became of it; null as long as nobody has looked. */
export function showMoney(
  facts: JsonObject | undefined,
  { creditNotes, notices }: Dossier['money'],
): ShownOrder['money'] {
  if (!facts || !('refunds' in facts)) return null;
  const read = factsSchema.safeParse(facts);
  if (!read.success) return null;
  const { received, refunded, refunds, disputes, taken_lines: takenLines } = read.data;
  return {
    receivedMinor: received,
    refundedMinor: refunded,
    takenLines,
    refunds: refunds.map(({ id, amount, status, createdAt, lines }) => ({
      refundId: id,
      amountMinor: amount,
      status,
      createdAt,
      lineNos: lines,
    })),
    disputes: disputes.map(({ id, amount, status }) => ({ disputeId: id, amountMinor: amount, status })),
    creditNotes: creditNotes.map(({ series, number, issuedAt, ...note }) => ({
      ...note,
      number: keyText({ kind: 'receipt', series, number }),
      issuedAt: issuedAt.toISOString(),
    })),
    notices: notices.map(({ at, ...notice }) => ({ ...notice, at: at.toISOString() })),
  };
}
