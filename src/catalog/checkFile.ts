import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { acceptsReach, type MarkedPages, type Marking, type MarkReach } from '../domain/copyMark.ts';
import type { Format } from '../domain/effectKey.ts';
import type { BookMarker, PreparedBook } from '../ports/bookMarking.ts';
import type { FileBody } from '../ports/fileStore.ts';
import type { LocalBook } from './bookPaths.ts';
import { bodyOfFile, stampOf } from './hashFile.ts';
import type { Problems } from './problems.ts';

export interface CheckedFile {
  prepared: PreparedBook;
  /** Of what all copies share, on this machine. */
  shared: { body: FileBody; recipe: FileBody } | null;
}

export interface CheckFileOptions {
  markers: Record<Format, BookMarker>;
  /** For what is prepared. */
  directory: string;
  marking: Marking;
  problems: Problems;
}

/** Documents of an EPUB have no pages: its mark stands on a page of its own, so the setting changes nothing there. */
export const pagesFor = (format: Format, pages: MarkedPages): MarkedPages =>
  format === 'epub' ? 'all' : pages;

/**
 * Looks whether a file can be sold under its policy, and prepares what its copies share. What is wrong with it is told;
 * undefined then.
 *
 * @throws Fault for trouble of our own
 */
export async function checkFile(
  book: LocalBook,
  { markers, directory, marking, problems }: CheckFileOptions,
  signal: AbortSignal,
): Promise<CheckedFile | undefined> {
  const own = await mkdtemp(path.join(directory, 'book-'));
  const before = await stampOf(book.path);
  const prepared = await markers[book.format].prepare(
    { sourcePath: book.path, directory: own, pages: pagesFor(book.format, marking.pages) },
    signal,
  );
  if ((await stampOf(book.path)) !== before)
    problems.add(
      book.place,
      'The file has changed while it was read.',
      'Wait until it is written, and import again.',
    );
  const errors = prepared.findings.filter(({ severity }) => severity === 'error');
  for (const { message } of errors) problems.add(book.place, message, 'Mend the file and import again.');
  if (errors.length === 0) insistOnReach(book, marking, prepared, problems);
  const refused = errors.length > 0 || !acceptsReach(marking.policy, prepared.reach);
  if (refused || prepared.way !== 'tail' || !prepared.shared) {
    await rm(own, { recursive: true, force: true });
    return refused ? undefined : { prepared, shared: null };
  }
  const { bodyPath, recipePath } = prepared.shared;
  return {
    prepared,
    shared: { body: await bodyOfFile(bodyPath, signal), recipe: await bodyOfFile(recipePath, signal) },
  };
}

/** A file whose copies are marked less far than the policy demands is told of, with what was found in it. */
export function insistOnReach(
  book: Pick<LocalBook, 'place'>,
  { policy }: Marking,
  { reach, findings }: Pick<PreparedBook, 'reach' | 'findings'>,
  problems: Problems,
): void {
  if (acceptsReach(policy, reach)) return;
  const why = findings.map(({ message }) => ` ${message}`).join('');
  problems.add(
    book.place,
    `${shortfall(reach)}, and its policy is ${policy === 'generic' ? 'generic mark' : policy}.${why}`,
    reach === 'hidden'
      ? 'Mend the file, or accept it with policy: generic mark.'
      : 'Mend the file, or accept it unmarked with policy: plain with finding.',
  );
}

const shortfall = (reach: MarkReach) =>
  reach === 'hidden' ? 'Copies of this file get no visible line' : 'Copies of this file cannot be marked';
