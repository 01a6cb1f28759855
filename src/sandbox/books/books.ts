import { createHash } from 'node:crypto';
import { loadBookFonts } from './bookFonts.ts';
import { renderEpub } from './epubBook.ts';
import { bookVersion } from './manuscript.ts';
import { paragonBezTajemnic } from './paragonBezTajemnic.ts';
import { renderPdf } from './pdfBook.ts';
import { queuesForShopkeepers } from './queuesForShopkeepers.ts';
import { theCalmCheckout } from './theCalmCheckout.ts';

export type BookFile = { format: 'pdf' | 'epub'; bytes: Uint8Array; sha256: string };

export type Book = {
  slug: string;
  title: string;
  language: 'en' | 'pl';
  version: string;
  files: BookFile[];
};

/** Makes the sandbox's three ebooks, each as PDF and EPUB. A version's bytes never change. */
export async function createBooks(): Promise<Book[]> {
  const fonts = await loadBookFonts();
  const manuscripts = [theCalmCheckout, paragonBezTajemnic, queuesForShopkeepers];
  return Promise.all(
    manuscripts.map(async (manuscript) => ({
      slug: manuscript.slug,
      title: manuscript.title,
      language: manuscript.language,
      version: bookVersion,
      files: [toFile('pdf', await renderPdf(manuscript, fonts)), toFile('epub', renderEpub(manuscript))],
    })),
  );
}

function toFile(format: BookFile['format'], bytes: Uint8Array): BookFile {
  return { format, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}
