import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { BookFinding, PreparedBook } from '../../ports/bookMarking.ts';
import { writeBody } from './bodyWriter.ts';
import { expectedCarriers } from './carriers.ts';
import { archiveLimits, openEpub } from './epubFile.ts';
import { epubFinding, UnusableBook } from './inspection.ts';
import { packageEntries, readPackage } from './packageDocument.ts';
import { fullPlan, hiddenPlan, inspectBook, type Plan, type SoundBook } from './plan.ts';
import { packRecipe, unpackRecipe } from './recipe.ts';
import { scanMarks } from './scanMarks.ts';
import { writeTail } from './tail.ts';

const prepareInputSchema = z.object({
  sourcePath: z.string(),
  directory: z.string(),
  limits: z.object({ sizeBytes: z.number(), recipeBytes: z.number() }),
});
type PrepareInput = z.infer<typeof prepareInputSchema>;

const scanLimits = { cpuMs: 30_000, inflatedBytes: archiveLimits.unpackedBytes };

/** Runs in a child process: inspects a file, and makes of it what its copies share. */
export function prepareEpubTask(raw: unknown): Promise<PreparedBook> {
  const input = prepareInputSchema.parse(raw);
  try {
    return Promise.resolve(prepareBook(input));
  } catch (error) {
    if (!(error instanceof UnusableBook)) throw error;
    return Promise.resolve(unmarked([epubFinding(error.code)], null));
  }
}

/** The book as it is, or nothing at all when a finding says so. */
function unmarked(findings: BookFinding[], pageCount: number | null): PreparedBook {
  return { way: 'plain', reach: 'none', pageCount, findings, shared: null };
}

function prepareBook(input: PrepareInput): PreparedBook {
  const { sourcePath, limits } = input;
  if (statSync(sourcePath).size > limits.sizeBytes) throw new UnusableBook('too_large');
  const bytes = readFileSync(sourcePath);
  const book = inspectBook(bytes);
  const pageCount = book.document.reading.length;
  const findings = book.findings.map(epubFinding);
  if (scanMarks(bytes, scanLimits).length > 0) findings.push(epubFinding('already_marked'));
  const isSigned = book.protection.isSigned;
  const full = isSigned ? undefined : fullPlan(book);
  if (!full && !isSigned) findings.push(epubFinding('package_not_editable'));
  for (const plan of full ? [full, hiddenPlan(book)] : [hiddenPlan(book)]) {
    const made = make(book, plan, input);
    if (made) return { ...made, reach: plan.reach, pageCount, findings };
    if (!findings.some(({ code }) => code === 'mark_not_found')) findings.push(epubFinding('mark_not_found'));
  }
  return unmarked(findings, pageCount);
}

/** Body and recipe on disk; undefined, and nothing there, when a trial copy does not give its marks back. */
function make(
  book: SoundBook,
  plan: Plan,
  { directory, limits }: PrepareInput,
): Pick<PreparedBook, 'way' | 'shared'> | undefined {
  const shared = {
    bodyPath: path.join(directory, 'shared.epub'),
    recipePath: path.join(directory, 'recipe.bin'),
  };
  const recipe = packRecipe(plan.tail, writeBody(shared.bodyPath, book.file, plan.body));
  if (!givesMarksBack(readFileSync(shared.bodyPath), recipe, { book, plan })) {
    rmSync(shared.bodyPath);
    return undefined;
  }
  // A worker holds a recipe in memory for each copy that it makes.
  if (recipe.length > limits.recipeBytes) {
    rmSync(shared.bodyPath);
    return { way: 'rewrite', shared: null };
  }
  writeFileSync(shared.recipePath, recipe, { flag: 'wx', mode: 0o600 });
  return { way: 'tail', shared };
}

const trialMark = { line: 'Licensed to Ada Byron · order 0000-0000-0000', code: '0TR1ALTR1ALTR1ALTR1A' };

/** Makes a copy, opens it like any reader, and looks for its marks. */
function givesMarksBack(
  body: Buffer,
  recipe: Buffer,
  { book, plan }: { book: SoundBook; plan: Plan },
): boolean {
  const copy = Buffer.concat([body, writeTail(unpackRecipe(recipe), trialMark)]);
  try {
    const file = openEpub(copy);
    const document = readPackage(file, packageEntries(file)[0]);
    const added = plan.reach === 'full' ? 1 : 0;
    if (document.reading.length !== book.document.reading.length + added) return false;
  } catch (error) {
    if (error instanceof UnusableBook) return false;
    throw error;
  }
  const found = scanMarks(copy, scanLimits).filter(({ code }) => code === trialMark.code);
  const carriers = new Set(found.map(({ carrier }) => carrier));
  return expectedCarriers(plan.tail).every((carrier) => carriers.has(carrier));
}
