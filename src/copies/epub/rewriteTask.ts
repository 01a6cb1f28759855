import { appendFileSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { writeBody } from './bodyWriter.ts';
import { fullPlan, hiddenPlan, inspectBook } from './plan.ts';
import { packRecipe, unpackRecipe } from './recipe.ts';
import { writeTail } from './tail.ts';

const rewriteInputSchema = z.object({
  sourcePath: z.string(),
  targetPath: z.string(),
  mark: z.object({ line: z.string().max(2_000), code: z.string() }),
});

/** Runs in a child process: one buyer's copy, body and tail in one go. */
export function rewriteEpubTask(raw: unknown): Promise<null> {
  const { sourcePath, targetPath, mark } = rewriteInputSchema.parse(raw);
  const book = inspectBook(readFileSync(sourcePath));
  const plan = (book.protection.isSigned ? undefined : fullPlan(book)) ?? hiddenPlan(book);
  const recipe = packRecipe(plan.tail, writeBody(targetPath, book.file, plan.body));
  appendFileSync(targetPath, writeTail(unpackRecipe(recipe), mark));
  return Promise.resolve(null);
}
