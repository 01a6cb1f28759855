import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { z } from 'zod';
import { markedFileBytesMax } from '../../domain/copyMark.ts';
import type { FoundMark } from '../../ports/bookMarking.ts';
import { scanMarks } from './scanMarks.ts';

export const findInputSchema = z.object({ path: z.string(), cpuMs: z.number() });

/** Runs in a child process: what is in the file decides how long it takes. */
export function findPdfMarksTask(input: unknown): Promise<FoundMark[]> {
  const { path, cpuMs } = findInputSchema.parse(input);
  return Promise.resolve(scanMarks(readEnds(path), { cpuMs, inflatedBytes: 2 * 1024 ** 3 }));
}

function readEnds(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    if (size <= markedFileBytesMax) return readAt(file, 0, size);
    return Buffer.concat([
      readAt(file, 0, markedFileBytesMax / 2),
      readAt(file, size - markedFileBytesMax / 2, markedFileBytesMax / 2),
    ]);
  } finally {
    closeSync(file);
  }
}

function readAt(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let done = 0;
  for (let read = -1; read !== 0 && done < length;) {
    read = readSync(file, bytes, done, length - done, position + done);
    done += read;
  }
  return bytes.subarray(0, done);
}
