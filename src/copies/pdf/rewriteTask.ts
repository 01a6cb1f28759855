import { appendFileSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { prepareFull } from './fullRecipe.ts';
import { markedPagesSchema } from './prepareTask.ts';
import { unpackRecipe } from './recipe.ts';
import { documentOf, readObjects } from './sourceDocument.ts';
import { createStampFont } from './stampFont.ts';
import { writeTail } from './tail.ts';

export const rewriteInputSchema = z.object({
  sourcePath: z.string(),
  targetPath: z.string(),
  pages: markedPagesSchema,
  maxPages: z.number(),
  mark: z.object({ line: z.string().max(2_000), code: z.string() }),
});

/** Runs in a child process: one buyer's copy, body and tail in one go. */
export async function rewritePdfTask(raw: unknown): Promise<null> {
  const { sourcePath, targetPath, pages, maxPages, mark } = rewriteInputSchema.parse(raw);
  const context = await readObjects(readFileSync(sourcePath));
  const source = context && documentOf(context, { maxPages });
  if (typeof source !== 'object') throw new TypeError(`The file is ${source ?? 'damaged'}.`);
  const font = createStampFont();
  const { recipe } = prepareFull(source, { bodyPath: targetPath, pages, font });
  appendFileSync(targetPath, writeTail(unpackRecipe(recipe), mark, font));
  return null;
}
