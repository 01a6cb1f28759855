import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Format } from '../../domain/effectKey.ts';
import type { BookMarker, PreparedBook } from '../../ports/bookMarking.ts';

/**
 * Markers that remember on this machine what they made of the sandbox's books, which are always the same: a sandbox that is
 * started anew is there a few seconds sooner. What is remembered is a copy that anybody could make; losing it loses time.
 */
export function rememberedBooks(
  markers: Record<Format, BookMarker>,
  directory = path.join(tmpdir(), `fulfillment-sandbox-books-${process.getuid?.() ?? 0}`),
): Record<Format, BookMarker> {
  return { pdf: remembering(markers.pdf, directory), epub: remembering(markers.epub, directory) };
}

const bodyName = 'body';
const recipeName = 'recipe';
const reportName = 'report.json';

function remembering(marker: BookMarker, directory: string): BookMarker {
  return {
    ...marker,
    async prepare(request, signal) {
      const name = await nameOf(marker, request);
      const known = path.join(directory, name);
      const shared = {
        bodyPath: path.join(request.directory, bodyName),
        recipePath: path.join(request.directory, recipeName),
      };
      try {
        const report = JSON.parse(await readFile(path.join(known, reportName), 'utf8')) as PreparedBook;
        if (report.shared === null) return report;
        await copyFile(path.join(known, bodyName), shared.bodyPath);
        await copyFile(path.join(known, recipeName), shared.recipePath);
        return { ...report, shared };
      } catch {
        const made = await marker.prepare(request, signal);
        await remember(made, { directory, known }).catch(() => undefined);
        return made;
      }
    },
  };
}

/** Everything that the bytes depend on, the code that makes them among it. */
async function nameOf(
  { format, revision }: BookMarker,
  { sourcePath, pages }: { sourcePath: string; pages: unknown },
): Promise<string> {
  const hash = createHash('sha256').update(
    JSON.stringify({ format, revision, pages, code: await codeStamp() }),
  );
  return hash.update(await readFile(sourcePath)).digest('hex');
}

const copiesRoom = fileURLToPath(new URL('../../copies/', import.meta.url));

async function codeStamp(): Promise<string> {
  const names = (await readdir(copiesRoom, { recursive: true })).toSorted();
  const stamps = await Promise.all(
    names.map(async (name) => {
      const { size, mtimeMs } = await stat(path.join(copiesRoom, name));
      return `${name} ${size} ${mtimeMs}`;
    }),
  );
  return stamps.join('\n');
}

/** Whole or not at all: several sandboxes may start at one time. */
async function remember(
  made: PreparedBook,
  { directory, known }: { directory: string; known: string },
): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const temporary = await mkdtemp(path.join(directory, 'making-'));
  try {
    if (made.shared) {
      await copyFile(made.shared.bodyPath, path.join(temporary, bodyName));
      await copyFile(made.shared.recipePath, path.join(temporary, recipeName));
    }
    await writeFile(path.join(temporary, reportName), JSON.stringify(made));
    await rename(temporary, known);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
