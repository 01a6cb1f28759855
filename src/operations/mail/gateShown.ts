import { z } from 'zod';
import { gateClosers } from '../../domain/mailGate.ts';
import type { GateStanding } from '../../ports/mailGate.ts';

/** The gate as people see it. */
export const gateShown = {
  gate: z.enum(['open', 'closed']),
  why: z
    .enum(gateClosers)
    .nullable()
    .describe('What closed it: the brake, restore mode or shadow mode; null while it is open.'),
  since: z.string().describe('When it was closed or opened.'),
  changedBy: z.string().describe('Who did: a person of staff, the brake, or the mode of the process.'),
  held: z.int().describe('Mails that wait for a person to release or drop them.'),
  oldestHeldAt: z.string().nullable(),
  found: z
    .int()
    .describe(
      'Mails that were held and then found in the journal: they had gone out before. Not sent again.',
    ),
  counted: z
    .strictObject({ mails: z.int(), past: z.int() })
    .nullable()
    .describe(
      'What the brake had counted within an hour: all mails, and first mails about purchases long past.',
    ),
};

const shown = z.strictObject(gateShown);
export type GateShown = z.infer<typeof shown>;

export const showGate = (standing: GateStanding): GateShown => ({
  gate: standing.why === null ? 'open' : 'closed',
  why: standing.why,
  since: standing.since.toISOString(),
  changedBy: standing.changedBy,
  held: standing.held,
  oldestHeldAt: standing.oldestHeldAt?.toISOString() ?? null,
  found: standing.found,
  counted:
    standing.why === 'brake' ? { mails: standing.counts.mails ?? 0, past: standing.counts.past ?? 0 } : null,
});

/** The gate as the audit keeps it. */
export const gateText = ({ why, since, changedBy, held }: GateStanding) => ({
  gate: why === null ? 'open' : 'closed',
  why,
  since: since.toISOString(),
  changedBy,
  held,
});
