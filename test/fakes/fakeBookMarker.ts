import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MarkReach } from '../../src/domain/copyMark.ts';
import type { Format } from '../../src/domain/effectKey.ts';
import type { BookFinding, BookMarker, CopyWay, PrepareRequest } from '../../src/ports/bookMarking.ts';

export interface FakeBookMarker extends BookMarker {
  /** What was asked for, in order. */
  readonly prepared: PrepareRequest[];
}

/** What a file of a test says of itself in its text, each word on a line of its own: `reach hidden`, `way rewrite`. */
export interface FakeBook {
  reach?: MarkReach;
  way?: CopyWay;
  /** Code and severity; its message is made of them. */
  finding?: `${BookFinding['severity']} ${string}`;
}

export const fakeBook = (name: string, says: FakeBook = {}): string =>
  [name, ...Object.entries(says).map(([word, value]) => `${word} ${value}`), ''].join('\n');

/** Marks text files that say how far they can be marked. The tail of a copy is its code. */
export function createFakeBookMarker(format: Format, { revision = 1 } = {}): FakeBookMarker {
  const prepared: PrepareRequest[] = [];
  const decoder = new TextDecoder();
  const lineOf = (text: string, word: string) => new RegExp(`^${word} (.+)$`, 'm').exec(text)?.[1];

  return {
    format,
    revision,
    prepared,
    async prepare(request, signal) {
      signal.throwIfAborted();
      prepared.push(request);
      const text = await readFile(request.sourcePath, 'utf8');
      const reach = (lineOf(text, 'reach') ?? 'full') as MarkReach;
      const way = (lineOf(text, 'way') ?? (reach === 'none' ? 'plain' : 'tail')) as CopyWay;
      const [severity, code] = lineOf(text, 'finding')?.split(' ') ?? [];
      const findings: BookFinding[] = code
        ? [{ code, severity: severity as BookFinding['severity'], message: `The file is ${code}.` }]
        : [];
      const base = { way, reach, pageCount: 3, findings };
      if (way !== 'tail') return { ...base, shared: null };
      const bodyPath = join(request.directory, 'body');
      const recipePath = join(request.directory, 'recipe');
      await writeFile(bodyPath, reach === 'hidden' ? text : `prepared by ${revision}: ${text}`);
      await writeFile(recipePath, JSON.stringify({ revision, pages: request.pages }));
      return { ...base, shared: { bodyPath, recipePath } };
    },
    tailOf: (_recipe, { line, code }) => new TextEncoder().encode(`\n%${line}%${code}`),
    async rewrite({ sourcePath, targetPath, mark }) {
      await writeFile(targetPath, `${await readFile(sourcePath, 'utf8')}\n%${mark.line}%${mark.code}`);
    },
    async findMarks(path) {
      const text = decoder.decode(await readFile(path));
      const code = /%([A-Z0-9-]{1,64})$/.exec(text)?.[1];
      return code ? [{ code, carrier: 'tail' }] : [];
    },
  };
}

export const fakeBookMarkers = (options?: { revision?: number }) => ({
  pdf: createFakeBookMarker('pdf', options),
  epub: createFakeBookMarker('epub', options),
});
