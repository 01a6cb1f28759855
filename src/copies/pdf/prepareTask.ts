import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { PDFContext } from '@cantoo/pdf-lib';
import { z } from 'zod';
import type { BookFinding, PreparedBook } from '../../ports/bookMarking.ts';
import { prepareFull } from './fullRecipe.ts';
import { hiddenRecipe } from './hiddenRecipe.ts';
import { inspectObjects, pdfFinding, type PdfFindingCode } from './inspection.ts';
import { hasEnd, readLastSection } from './lastSection.ts';
import { unpackRecipe } from './recipe.ts';
import { scanMarks } from './scanMarks.ts';
import { carriers } from './sealedCode.ts';
import { documentOf, readObjects } from './sourceDocument.ts';
import { createStampFont, type StampFont } from './stampFont.ts';
import { writeTail } from './tail.ts';

export const markedPagesSchema = z.union([
  z.literal('all'),
  z.literal('first'),
  z.object({ every: z.int().min(1) }),
]);

export const prepareInputSchema = z.object({
  sourcePath: z.string(),
  directory: z.string(),
  pages: markedPagesSchema,
  limits: z.object({ sizeBytes: z.number(), pages: z.number(), recipeBytes: z.number() }),
});
type PrepareInput = z.infer<typeof prepareInputSchema>;

/** A book that is no more than inspected: nothing can be made of it. */
function unusable(codes: PdfFindingCode[], pageCount: number | null = null): PreparedBook {
  return { way: 'plain', reach: 'none', pageCount, findings: codes.map(pdfFinding), shared: null };
}

/** Runs in a child process: inspects a file, and makes of it what its copies share. */
export async function preparePdfTask(raw: unknown): Promise<PreparedBook> {
  const input = prepareInputSchema.parse(raw);
  const { sourcePath, limits } = input;
  if (statSync(sourcePath).size > limits.sizeBytes) return unusable(['too_large']);
  const bytes = readFileSync(sourcePath);
  if (!bytes.subarray(0, 1024).includes('%PDF-')) return unusable(['not_a_pdf']);
  if (!hasEnd(bytes)) return unusable(['truncated']);
  const context = await readObjects(bytes);
  if (context === undefined) return unusable(['damaged']);
  const source = documentOf(context, { maxPages: limits.pages });
  if (source === 'too_many_pages')
    return hidden(input, { bytes, context, pageCount: null, findings: [pdfFinding(source)] });
  if (typeof source === 'string') return unusable([source]);
  const { isSigned, findings } = inspectObjects(context);
  const pageCount = source.pages.length;
  if (source.missingPages > 0) return unusable(['damaged'], pageCount);
  if (isSigned) return hidden(input, { bytes, context, pageCount, findings });
  if (readLastSection(bytes) === undefined) findings.push(pdfFinding('repaired'));

  const shared = pathsIn(input.directory);
  const font = createStampFont();
  const { recipe, missingContents } = prepareFull(source, {
    bodyPath: shared.bodyPath,
    pages: input.pages,
    font,
  });
  if (missingContents > 0) {
    rmSync(shared.bodyPath);
    return unusable(['damaged'], pageCount);
  }
  const trial = Buffer.concat([readFileSync(shared.bodyPath), trialTail(recipe, font)]);
  const marks = trialMarks(trial);
  if (marks.areOthers) tell(findings, 'already_marked');
  if (!areFull(marks) || !(await isReadable(trial, pageCount))) {
    rmSync(shared.bodyPath);
    tell(findings, 'mark_not_found');
    // The objects have been changed for the body; the file itself is read again.
    return hidden(input, { bytes, context: await readObjects(bytes), pageCount, findings });
  }
  // A worker holds a recipe in memory for each copy that it makes.
  if (recipe.length > limits.recipeBytes) {
    rmSync(shared.bodyPath);
    return { way: 'rewrite', reach: 'full', pageCount, findings, shared: null };
  }
  writeFileSync(shared.recipePath, recipe, { flag: 'wx', mode: 0o600 });
  return { way: 'tail', reach: 'full', pageCount, findings, shared };
}

function pathsIn(directory: string) {
  return { bodyPath: path.join(directory, 'shared.pdf'), recipePath: path.join(directory, 'recipe.bin') };
}

interface HiddenSource {
  bytes: Buffer;
  context: PDFContext | undefined;
  pageCount: number | null;
  findings: BookFinding[];
}

/** Marks the document and leaves its pages alone. The file itself is the body. */
async function hidden(input: PrepareInput, source: HiddenSource): Promise<PreparedBook> {
  const { bytes, context, pageCount, findings } = source;
  const section = readLastSection(bytes);
  if (!section) {
    return {
      way: 'plain',
      reach: 'none',
      pageCount,
      findings: [...findings, pdfFinding('damaged')],
      shared: null,
    };
  }
  const shared = pathsIn(input.directory);
  const recipe = hiddenRecipe(section, { context, bodySizeBytes: bytes.length });
  const marks = trialMarks(Buffer.concat([bytes, trialTail(recipe, createStampFont())]));
  if (marks.areOthers) tell(findings, 'already_marked');
  if (!marks.carriers.includes('document_id')) {
    return {
      way: 'plain',
      reach: 'none',
      pageCount,
      findings: [...findings, pdfFinding('mark_not_found')],
      shared: null,
    };
  }
  writeFileSync(shared.bodyPath, bytes, { flag: 'wx', mode: 0o600 });
  writeFileSync(shared.recipePath, recipe, { flag: 'wx', mode: 0o600 });
  return { way: 'tail', reach: 'hidden', pageCount, findings, shared };
}

const trialMark = { line: 'Licensed to Ada Byron · order 0000-0000-0000', code: '0TR1ALTR1ALTR1ALTR1A' };

function trialTail(recipe: Buffer, font: StampFont): Buffer {
  return writeTail(unpackRecipe(recipe), trialMark, font);
}

interface TrialMarks {
  carriers: string[];
  /** Marks of somebody else's copy. */
  areOthers: boolean;
}

function trialMarks(copy: Buffer): TrialMarks {
  const found = scanMarks(copy, { cpuMs: 20_000, inflatedBytes: 1024 ** 3 });
  const ours = found.filter(({ code }) => code === trialMark.code);
  return { carriers: ours.map(({ carrier }) => carrier), areOthers: ours.length < found.length };
}

/** The metadata of some documents is left alone. */
function areFull(marks: TrialMarks): boolean {
  return carriers.every((carrier) => carrier === 'document_metadata' || marks.carriers.includes(carrier));
}

/** Opens a copy like any reader. */
async function isReadable(copy: Buffer, pageCount: number): Promise<boolean> {
  const context = await readObjects(copy);
  const document = context && documentOf(context, { maxPages: pageCount });
  return typeof document === 'object' && document.pages.length === pageCount && !!readLastSection(copy);
}

function tell(findings: BookFinding[], code: PdfFindingCode): void {
  if (!findings.some((known) => known.code === code)) findings.push(pdfFinding(code));
}
