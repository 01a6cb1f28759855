import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ListedProduct } from './catalogFile.ts';
import type { Place } from './located.ts';
import type { Problems } from './problems.ts';

/** A book's file on this machine. */
export interface LocalBook {
  productId: string;
  version: string;
  format: 'pdf' | 'epub';
  /** With every link followed. */
  path: string;
  sizeBytes: number;
  place: Place;
}

export interface BookPathRules {
  /** Of the catalogue file. */
  directory: string;
  /** Whether files may lie elsewhere. */
  allowOutside: boolean;
  fileBytesMax: number;
}

/**
 * Finds the files that a catalogue names. They lie below its own directory, also after links were followed, so that a
 * catalogue from somebody else brings in no other file of this machine.
 */
export async function findBooks(
  products: readonly ListedProduct[],
  given: BookPathRules,
  problems: Problems,
): Promise<LocalBook[]> {
  const directory = await realpath(given.directory);
  const found: LocalBook[] = [];
  const seen = new Map<string, Place>();
  for (const { productId, version, files } of products)
    for (const { format, path: named, place } of files) {
      const real = await follow(path.resolve(directory, named));
      const problem = 'trouble' in real ? real.trouble : refusal(real, { ...given, directory });
      if (problem) problems.add(place, `${shortened(named)} ${problem[0]}`, problem[1]);
      else if (!('trouble' in real)) {
        const earlier = seen.get(real.path);
        // By another name, for the same name has been told of already.
        if (
          earlier &&
          !products.some((one) => one.files.some((file) => file.place === earlier && file.path === named))
        )
          problems.add(
            place,
            `${shortened(named)} is the same file as in line ${earlier.line}.`,
            sameFileRemedy,
          );
        seen.set(real.path, earlier ?? place);
        found.push({ productId, version, format, path: real.path, sizeBytes: real.sizeBytes, place });
      }
    }
  return found;
}

const sameFileRemedy = 'Give each product and format a file of its own.';

type Sentence = [message: string, remedy: string];
type Followed = { path: string; sizeBytes: number; isFile: boolean } | { trouble: Sentence };

async function follow(named: string): Promise<Followed> {
  try {
    const real = await realpath(named);
    const info = await stat(real);
    return { path: real, sizeBytes: info.size, isFile: info.isFile() };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      return {
        trouble: [
          'is not there.',
          'Paths begin at the directory of the catalogue file. Mind capital letters.',
        ],
      };
    if (code === 'EACCES') return { trouble: ['may not be read.', 'Let the user who imports read it.'] };
    if (code === 'ELOOP')
      return { trouble: ['is a link that leads to itself.', 'Put the file itself there.'] };
    return { trouble: [`cannot be read (${code ?? 'unknown'}).`, 'Name another file.'] };
  }
}

function refusal(
  file: { path: string; sizeBytes: number; isFile: boolean },
  { directory, allowOutside, fileBytesMax }: BookPathRules,
): Sentence | undefined {
  const below = path.relative(directory, file.path);
  if (!allowOutside && (/^\.\.(?:[/\\]|$)/.test(below) || path.isAbsolute(below)))
    return [
      'lies outside of the directory of the catalogue.',
      'Put it beside the catalogue file, or allow it with --allow-outside.',
    ];
  if (!file.isFile) return ['is no file.', 'Name the file itself.'];
  if (file.sizeBytes === 0) return ['is empty.', 'Export the book again.'];
  if (file.sizeBytes > fileBytesMax)
    return [`is larger than ${Math.floor(fileBytesMax / 1e6)} MB.`, 'Export it with smaller pictures.'];
  return undefined;
}

const shortened = (text: string) => (text.length > 120 ? `${text.slice(0, 119)}…` : text);
