import { createCipheriv } from 'node:crypto';
import { bookFiles, zipped } from '../../test/builders/epubBooks.ts';
import { plainBook } from '../../test/builders/pdfBooks.ts';

const pages = 300;
const megabyte = 1024 * 1024;

/** An illustrated book: on each page its text, four pictures of its own, which make up the size, and six links. */
export function pdfBook(megabytes: number): Promise<Buffer> {
  const pictureBytes = ((megabytes - 0.6) * megabyte) / pages / 4;
  return plainBook({ pages, pictureBytes, picturesPerPage: 4, linksPerPage: 6 });
}

/** Forty chapters of 5,000 words, and pictures that make up the size. */
export function epubBook(megabytes: number): Buffer {
  const pictures = Array.from({ length: 60 }, (_, index) => `p${index + 1}.png`);
  const manifest = pictures.map((name) => `<item id="${name}" href="${name}" media-type="image/png"/>`);
  const text = 'Every page says little, and says it often. '.repeat(600);
  const files = bookFiles({ chapters: 40, manifest: manifest.join('') }, { text });
  const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
  for (const name of pictures) {
    files[`OEBPS/${name}`] = noise.update(Buffer.alloc((megabytes * megabyte) / pictures.length));
  }
  return zipped(files);
}
