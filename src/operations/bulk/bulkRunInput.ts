import { z } from 'zod';
import { bulkStates } from '../../ports/bulk.ts';

export const runIdInput = z.uuid().describe('The run, as bulk:plan and bulk:list name it.');

export const digestInput = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('The plan’s digest, as it was shown: refused when it is another plan’s.');

/** What every decision about a run answers with. */
export const runOutput = {
  runId: z.string(),
  state: z.enum(bulkStates).describe('The state of the run after this.'),
  version: z.int().describe('The version of the run after this.'),
};

export const runTarget = ({ runId }: { runId: string }) => ({ kind: 'bulk_run', id: runId });
