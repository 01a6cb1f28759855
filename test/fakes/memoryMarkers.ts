import { copyFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Format } from '../../src/domain/effectKey.ts';
import type { BookMarker, CopyMark, PreparedBook } from '../../src/ports/bookMarking.ts';

const markOf = ({ line, code }: CopyMark) => `\nMARK ${code} ${line}\n`;
const marks = /^MARK ([A-Z0-9-]+) /gm;

/**
 * Markers that take any bytes for a book, and write the mark behind them in plain text. What a book is to be like stands in
 * its bytes: `[rewrite]`, `[plain]`, `[hidden]`, `[encrypted]`.
 */
export function createMemoryMarkers(): Record<Format, BookMarker> {
  return { pdf: createMarker('pdf'), epub: createMarker('epub') };
}

function createMarker(format: Format): BookMarker {
  return {
    format,
    revision: 1,
    async prepare({ sourcePath, directory }): Promise<PreparedBook> {
      const text = await readFile(sourcePath, 'latin1');
      const plain: PreparedBook = { way: 'plain', reach: 'none', pageCount: 1, findings: [], shared: null };
      if (text.includes('[plain]')) return plain;
      if (text.includes('[encrypted]')) {
        const message = 'The file is encrypted. Import it without a password.';
        return { ...plain, findings: [{ code: 'encrypted', severity: 'error', message }] };
      }
      if (text.includes('[rewrite]')) return { ...plain, way: 'rewrite', reach: 'full' };
      const shared = { bodyPath: path.join(directory, 'body'), recipePath: path.join(directory, 'recipe') };
      await copyFile(sourcePath, shared.bodyPath);
      await writeFile(shared.recipePath, `recipe of ${format}`);
      return { ...plain, way: 'tail', reach: text.includes('[hidden]') ? 'hidden' : 'full', shared };
    },
    tailOf(recipe, mark) {
      if (Buffer.from(recipe).toString() !== `recipe of ${format}`) throw new Error('Not our recipe.');
      return new Uint8Array(Buffer.from(markOf(mark)));
    },
    async rewrite({ sourcePath, targetPath, mark }) {
      await writeFile(targetPath, Buffer.concat([await readFile(sourcePath), Buffer.from(markOf(mark))]));
    },
    async findMarks(file) {
      const text = await readFile(file, 'latin1');
      return Array.from(text.matchAll(marks), ([, code = '']) => ({ code, carrier: 'plain_text' }));
    },
  };
}
