import { z } from 'zod';
import { exitCodes } from '../../exitCodes.ts';
import { CommandFailure } from '../../failure.ts';
import { safeText } from '../../output/safeText.ts';
import type { AdminRun } from '../adminRun.ts';
import { type SeenRun, shownRunView } from './bulkView.ts';

export const planArgument = ['<plan>', 'id of the run, or the file that bulk plan --out wrote'] as const;

const kept = z.looseObject({ runId: z.string(), digest: z.string() });
const isRunId = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

/** A plan that is about to be decided on, and the digest of it that was seen. */
export interface NamedPlan {
  run: SeenRun;
  /** Of the file, where there is one: what was looked at then. */
  digest: string;
}

/** @throws CommandFailure when it is neither an id nor a plan's file */
export async function namedPlan(run: AdminRun, named: string): Promise<NamedPlan> {
  const file = isRunId(named) ? undefined : await planOf(run, named);
  const { seen } = await run.read('bulk:show', { runId: file?.runId ?? named, limit: 1 }, shownRunView);
  return { run: seen, digest: file?.digest ?? seen.digest };
}

async function planOf(run: AdminRun, path: string): Promise<z.infer<typeof kept>> {
  const text = await run.readFile(path).catch(() => undefined);
  const read = kept.safeParse(text === undefined ? undefined : readJson(text));
  if (read.success) return read.data;
  throw new CommandFailure(`${safeText(path)} is neither the id of a run nor the file of a plan.`, {
    exitCode: exitCodes.usage,
    code: 'no_plan',
    details: ['Make one: fulfillment bulk plan <action> <query> --out plan.json'],
  });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
