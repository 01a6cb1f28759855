import { mkdtempSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll } from 'vitest';
import { createEpubMarker } from '../../src/copies/epub/epubMarker.ts';
import { prepareEpubTask } from '../../src/copies/epub/prepareTask.ts';
import { scanMarks } from '../../src/copies/epub/scanMarks.ts';
import type { CopyMark, PreparedBook } from '../../src/ports/bookMarking.ts';

export const epubMark: CopyMark = {
  line: 'Licensed to Żaneta Łęcka · order 7K3M-Q9XT-4BVD',
  code: '7K3MQ9XT4BVD7K3MQ9XT',
};

/** Prepares books in this process and makes copies of them, in a directory that goes with the test file. */
export function epubWorkshop() {
  const root = mkdtempSync(path.join(os.tmpdir(), 'epub-copies-'));
  afterAll(() => rm(root, { recursive: true, force: true }));
  const marker = createEpubMarker();
  const limits = { sizeBytes: 50_000_000, recipeBytes: 16_000_000 };
  return {
    root,
    async prepare(book: Buffer): Promise<PreparedBook & { directory: string }> {
      const directory = await mkdtemp(path.join(root, 'book-'));
      const sourcePath = `${directory}.epub`;
      await writeFile(sourcePath, book);
      return { ...(await prepareEpubTask({ sourcePath, directory, limits })), directory };
    },
    async copyOf({ shared }: PreparedBook, changes: Partial<CopyMark> = {}): Promise<Buffer> {
      if (!shared) throw new TypeError('Nothing was prepared.');
      const tail = marker.tailOf(await readFile(shared.recipePath), { ...epubMark, ...changes });
      return Buffer.concat([await readFile(shared.bodyPath), tail]);
    },
  };
}

export const marksIn = (copy: Buffer) => scanMarks(copy, { cpuMs: 10_000, inflatedBytes: 100_000_000 });

export const filesOf = (copy: Buffer): Record<string, Buffer> =>
  Object.fromEntries(Object.entries(unzipSync(copy)).map(([name, bytes]) => [name, Buffer.from(bytes)]));

export const textOf = (copy: Buffer, name: string): string => String(filesOf(copy)[name]);
