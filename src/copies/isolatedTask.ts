import { createWriteStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { errorTrace } from '../domain/errorTrace.ts';

/** What runs in a child: takes and gives plain data that survives JSON. */
export type IsolatedTask = (input: unknown) => Promise<unknown>;

/** Loaded only when it is asked for, so that a child holds no more than its own task. */
export type IsolatedTasks = Record<string, () => Promise<IsolatedTask>>;

/** What a child is told, on its standard input. */
const requestSchema = z.object({ task: z.string(), input: z.unknown() });

/** What a child says, on `answerDescriptor`. Of an error only its kind and place: its message may quote the book. */
export const answerSchema = z.union([
  z.object({ error: z.object({ error: z.string(), stack: z.string().optional() }) }),
  z.object({ result: z.unknown() }),
]);

/** Beside the three standard ones, so that nothing that a library prints is taken for an answer. */
export const answerDescriptor = 3;

/** The main of a child process: runs the one task that it is told and says what came of it. */
export async function serveIsolatedTask(tasks: IsolatedTasks): Promise<void> {
  const answer = await runTask(tasks).then(
    (result) => ({ result: result ?? null }),
    (error: unknown) => ({ error: errorTrace(error) }),
  );
  createWriteStream('', { fd: answerDescriptor }).end(JSON.stringify(answer));
}

async function runTask(tasks: IsolatedTasks): Promise<unknown> {
  const { task, input } = requestSchema.parse(JSON.parse(await text(process.stdin)));
  const load = Object.hasOwn(tasks, task) ? tasks[task] : undefined;
  if (!load) throw new RangeError(`There is no task ${task}.`);
  const run = await load();
  return run(input);
}
