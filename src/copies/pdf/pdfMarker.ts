import path from 'node:path';
import { z } from 'zod';
import type { BookMarker, FoundMark, PreparedBook } from '../../ports/bookMarking.ts';
import { emptyDirectory } from '../emptyDirectory.ts';
import { IsolatedFault, runIsolated, type IsolatedLimits } from '../isolated.ts';
import { pdfFinding } from './inspection.ts';
import { unpackRecipe } from './recipe.ts';
import { createStampFont } from './stampFont.ts';
import { writeTail } from './tail.ts';

export interface PdfMarkerOptions {
  /** Larger files are not imported. Default 300 MB. */
  maxSizeBytes?: number | undefined;
  /** Books with more pages get hidden marks only. Default 10,000. */
  maxPages?: number | undefined;
  /** Copies whose recipe would be larger are written anew one by one. Default 16 MB. */
  maxRecipeBytes?: number | undefined;
  /** Of the child process in which a file is prepared or written anew. */
  limits?: Partial<IsolatedLimits> | undefined;
}

const megabyte = 1024 * 1024;
const defaultLimits: IsolatedLimits = { memoryBytes: 2048 * megabyte, cpuSeconds: 180, wallMs: 300_000 };

/** Raised with each change of the bytes of a copy. */
const revision = 1;

/** Marks PDFs: a visible line at the foot of the page, and hidden marks (docs/copies.md). */
export function createPdfMarker(options: PdfMarkerOptions = {}): BookMarker {
  const { maxSizeBytes = 300 * megabyte, maxPages = 10_000, maxRecipeBytes = 16 * megabyte } = options;
  const limits: IsolatedLimits = { ...defaultLimits, ...options.limits };
  const font = createStampFont();

  return {
    format: 'pdf',
    revision,
    async prepare({ sourcePath, directory, pages }, signal) {
      const input = {
        sourcePath: path.resolve(sourcePath),
        directory: path.resolve(directory),
        pages,
        limits: { sizeBytes: maxSizeBytes, pages: maxPages, recipeBytes: maxRecipeBytes },
      };
      try {
        return await runIsolated<PreparedBook>({ task: 'pdf.prepare', input, limits }, signal);
      } catch (error) {
        await emptyDirectory(input.directory);
        const finding = findingOf(error);
        if (!finding) throw error;
        return {
          way: 'plain',
          reach: 'none',
          pageCount: null,
          findings: [pdfFinding(finding)],
          shared: null,
        };
      }
    },
    tailOf: (recipe, mark) => writeTail(unpackRecipe(recipe), mark, font),
    async rewrite({ sourcePath, targetPath, pages, mark }, signal) {
      const input = {
        sourcePath: path.resolve(sourcePath),
        targetPath: path.resolve(targetPath),
        pages,
        maxPages: maxPages * 10,
        mark,
      };
      await runIsolated<null>({ task: 'pdf.rewrite', input, limits }, signal);
    },
    async findMarks(file, signal) {
      const input = { path: path.resolve(file), cpuMs: (limits.cpuSeconds * 1000) / 2 };
      try {
        return foundSchema.parse(await runIsolated({ task: 'pdf.find', input, limits }, signal));
      } catch (error) {
        if (findingOf(error) === 'damaged') return [];
        throw error;
      }
    },
  };
}

const foundSchema: z.ZodType<FoundMark[]> = z.array(z.object({ code: z.string(), carrier: z.string() }));

/** What a child's end says of the file; nothing where the trouble is our own: no room, no file, somebody killed it. */
function findingOf(error: unknown): 'too_heavy' | 'damaged' | undefined {
  if (!(error instanceof IsolatedFault)) return undefined;
  if (error.tooHeavy) return 'too_heavy';
  const thrown = error.cause instanceof Error ? error.cause.name : undefined;
  return error.end === 'threw' && thrown !== undefined && !ownTrouble.test(thrown) ? 'damaged' : undefined;
}

/** Errors of the system (`Error ENOSPC`), of the installation, and of what the child was told. */
const ownTrouble = / E[A-Z0-9]+$| ERR_MODULE|^ZodError/;
