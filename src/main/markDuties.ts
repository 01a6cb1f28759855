import { open, stat } from 'node:fs/promises';
import type { MarkDuties } from '../cli/duties.ts';
import { exitCodes } from '../cli/exitCodes.ts';
import { CommandFailure } from '../cli/failure.ts';
import { markedFileBytesMax } from '../domain/copyMark.ts';
import type { Format } from '../domain/effectKey.ts';
import { IsolatedFault } from '../copies/isolated.ts';
import type { BookMarker, FoundMark } from '../ports/bookMarking.ts';

/** Reads marks in files of this machine, in child processes: what was leaked may be hostile. */
export function markDuties(markers: Record<Format, Pick<BookMarker, 'findMarks'>>): MarkDuties {
  return {
    async find(file, signal) {
      const { looksLike, isArchive, sizeBytes } = await glimpse(file);
      // Readers open a PDF also where something stands before it, and one file can be both: each kind of mark counts.
      const { found, tooHeavy } = await searchedBy([markers.pdf, markers.epub], file, signal);
      if (found.length > 0) return found;
      if (tooHeavy)
        throw new CommandFailure(
          `${file} could not be searched to its end: it takes more memory or time than a book may.`,
          {
            exitCode: exitCodes.failed,
            code: 'too_heavy',
            details: ['Cut a few pages out of it, and verify those.'],
          },
        );
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

/** What all of them find, each mark once. */
async function searchedBy(
  markers: Array<Pick<BookMarker, 'findMarks'>>,
  file: string,
  signal: AbortSignal,
): Promise<{ found: FoundMark[]; tooHeavy: boolean }> {
  const found = new Map<string, FoundMark>();
  let tooHeavy = false;
  for (const marker of markers) {
    try {
      for (const mark of await marker.findMarks(file, signal))
        found.set(`${mark.code} ${mark.carrier}`, mark);
    } catch (error) {
      if (!(error instanceof IsolatedFault && error.tooHeavy)) throw error;
      tooHeavy = true;
    }
  }
  return { found: [...found.values()], tooHeavy };
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
