import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export type BookFonts = { regular: Buffer; bold: Buffer };

/** Liberation Sans (SIL Open Font License), which comes with pdfjs-dist and has every Polish letter. */
export async function loadBookFonts(): Promise<BookFonts> {
  const packageFile = createRequire(import.meta.url).resolve('pdfjs-dist/package.json');
  const folder = join(dirname(packageFile), 'standard_fonts');
  const [regular, bold] = await Promise.all([
    readFile(join(folder, 'LiberationSans-Regular.ttf')),
    readFile(join(folder, 'LiberationSans-Bold.ttf')),
  ]);
  return { regular, bold };
}
