import { open, stat } from 'node:fs/promises';
import type { MarkDuties } from '../cli/duties.ts';
import { exitCodes } from '../cli/exitCodes.ts';
import { CommandFailure } from '../cli/failure.ts';
import type { Format } from '../domain/effectKey.ts';
import type { BookMarker } from '../ports/bookMarking.ts';

/** Reads marks in files of this machine, in child processes: what was leaked may be hostile. */
export function markDuties(markers: Record<Format, Pick<BookMarker, 'findMarks'>>): MarkDuties {
  return {
    async find(file, signal) {
      const format = await formatOf(file);
      // What looks like neither may be a file whose beginning was cut off.
      const likely = format === undefined ? [markers.pdf, markers.epub] : [markers[format]];
      const found = [];
      for (const marker of likely) found.push(...(await marker.findMarks(file, signal)));
      return found;
    },
  };
}

/** By its first bytes, as readers do. @throws CommandFailure */
async function formatOf(file: string): Promise<Format | undefined> {
  try {
    const info = await stat(file);
    if (!info.isFile()) throw unreadable(file, 'it is no file');
    const opened = await open(file);
    try {
      const { buffer, bytesRead } = await opened.read(Buffer.alloc(1024), 0, 1024, 0);
      const text = buffer.subarray(0, bytesRead).toString('latin1');
      if (text.startsWith('PK')) return 'epub';
      return text.includes('%PDF-') ? 'pdf' : undefined;
    } finally {
      await opened.close();
    }
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new CommandFailure(`There is no file ${file}.`, {
        exitCode: exitCodes.notFound,
        code: 'not_found',
      });
    throw unreadable(file, code ?? 'unknown', error);
  }
}

const unreadable = (file: string, why: string, cause?: unknown) =>
  new CommandFailure(`${file} cannot be read (${why}).`, {
    exitCode: exitCodes.usage,
    code: 'unreadable',
    details: ['Name a PDF or an EPUB.'],
    cause,
  });
