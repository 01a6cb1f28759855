import { open, stat } from 'node:fs/promises';
import type { MarkDuties } from '../cli/duties.ts';
import { exitCodes } from '../cli/exitCodes.ts';
import { CommandFailure } from '../cli/failure.ts';
import { markedFileBytesMax } from '../domain/copyMark.ts';
import type { Format } from '../domain/effectKey.ts';
import type { BookMarker } from '../ports/bookMarking.ts';

/** Reads marks in files of this machine, in child processes: what was leaked may be hostile. */
export function markDuties(markers: Record<Format, Pick<BookMarker, 'findMarks'>>): MarkDuties {
  return {
    async find(file, signal) {
      const { looksLike, isArchive, sizeBytes } = await glimpse(file);
      // Readers open a PDF also where something stands before it, so a look at its beginning only says which to try first.
      const order = looksLike === 'epub' ? [markers.epub, markers.pdf] : [markers.pdf, markers.epub];
      for (const marker of order) {
        const found = await marker.findMarks(file, signal);
        if (found.length > 0) return found;
      }
      if (looksLike === undefined) throw unreadable(file, 'it is no PDF and no EPUB');
      if (isArchive) throw unreadable(file, 'it is an archive: unpack it, and verify the books in it');
      if (sizeBytes > markedFileBytesMax)
        throw unreadable(
          file,
          'it is too large to be searched whole, and neither its beginning nor its end has a mark',
        );
      return [];
    },
  };
}

interface Glimpse {
  /** By its first bytes; undefined where they say nothing: its beginning may have been cut off. */
  looksLike: Format | undefined;
  /** A zip file that is no EPUB. */
  isArchive: boolean;
  sizeBytes: number;
}

const glimpsedBytes = 1 << 20;

/** @throws CommandFailure */
async function glimpse(file: string): Promise<Glimpse> {
  try {
    const info = await stat(file);
    if (!info.isFile()) throw unreadable(file, 'it is no file');
    const opened = await open(file);
    try {
      const sizeBytes = info.size;
      const textAt = async (position: number, most: number) => {
        const { buffer, bytesRead } = await opened.read(Buffer.alloc(most), 0, most, position);
        return buffer.subarray(0, bytesRead).toString('latin1');
      };
      const beginning = await textAt(0, 1024);
      if (!beginning.startsWith('PK'))
        return { looksLike: beginning.includes('%PDF-') ? 'pdf' : undefined, isArchive: false, sizeBytes };
      const end = await textAt(Math.max(0, sizeBytes - glimpsedBytes), glimpsedBytes);
      return { looksLike: 'epub', isArchive: !end.includes('META-INF/container.xml'), sizeBytes };
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
