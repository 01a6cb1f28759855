import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { z } from 'zod';
import { markedFileBytesMax } from '../../domain/copyMark.ts';
import type { FoundMark } from '../../ports/bookMarking.ts';
import { scanMarks } from './scanMarks.ts';

const findInputSchema = z.object({ path: z.string(), cpuMs: z.number() });

/** Of a larger file only the end is looked at, where a copy's marks are. */

/** Runs in a child process: what is in the file decides how long it takes. */
export function findEpubMarksTask(input: unknown): Promise<FoundMark[]> {
  const { path, cpuMs } = findInputSchema.parse(input);
  return Promise.resolve(scanMarks(readEnd(path), { cpuMs, inflatedBytes: 2 * 1024 ** 3 }));
}

function readEnd(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, markedFileBytesMax));
    let done = 0;
    for (let read = -1; read !== 0 && done < bytes.length;) {
      read = readSync(file, bytes, done, bytes.length - done, size - bytes.length + done);
      done += read;
    }
    return bytes.subarray(0, done);
  } finally {
    closeSync(file);
  }
}
