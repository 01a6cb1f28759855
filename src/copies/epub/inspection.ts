import type { BookFinding } from '../../ports/bookMarking.ts';

const sentences = {
  not_an_epub: ['error', 'This is not an EPUB. Export the book again and import that file.'],
  too_large: ['error', 'The file is larger than a book may be. Export it with smaller pictures.'],
  too_heavy: [
    'error',
    'Reading the file takes more memory or time than a book may. Export it again with fewer or smaller files inside.',
  ],
  zip_bomb: [
    'error',
    'The file unpacks to far more than it holds, as files do that are made to do harm. Export the book again.',
  ],
  encrypted: [
    'error',
    'The book is encrypted or has copy protection, so it cannot be marked. Export it without protection.',
  ],
  damaged: [
    'error',
    'Parts of the file are missing or differ from their checksums. Export or copy it again.',
  ],
  unsafe_name: [
    'error',
    'A file inside has a name that is unsafe, or that another one has too. Rename it and export the book again.',
  ],
  invalid_xml: [
    'error',
    'The book’s container or package document is not well-formed XML. Check the book with EPUBCheck and export it again.',
  ],
  no_spine: [
    'error',
    'The book’s package document names no reading order. Check the book with EPUBCheck and export it again.',
  ],
  mimetype_mended: [
    'warning',
    'The file’s first entry is not the plain mimetype that readers look for. Copies get it right; zip the book properly for your own use.',
  ],
  malformed_chapter: [
    'warning',
    'A document in the reading order is not well-formed, so some readers show an error in its place. Check the book with EPUBCheck.',
  ],
  already_marked: [
    'warning',
    'The file is itself a buyer’s copy, whose marks stay in it. Import the original instead.',
  ],
  signed: [
    'warning',
    'The book is signed. A visible page would break the signature, so copies get one hidden mark only; import it unsigned for a visible page.',
  ],
  package_not_editable: [
    'warning',
    'The package document cannot be edited safely, so copies get one hidden mark only. Export the book again in UTF-8.',
  ],
  mark_not_found: [
    'warning',
    'A trial copy did not give its marks back in full. Look through a copy, or export the file again with another program.',
  ],
} as const satisfies Record<string, readonly [BookFinding['severity'], string]>;

export type EpubFindingCode = keyof typeof sentences;

export function epubFinding(code: EpubFindingCode): BookFinding {
  const [severity, message] = sentences[code];
  return { code, severity, message };
}

/** Nothing can be made of the file. */
export class UnusableBook extends Error {
  readonly code: EpubFindingCode;

  constructor(code: EpubFindingCode) {
    super(`The book cannot be used: ${code}.`);
    this.name = 'UnusableBook';
    this.code = code;
  }
}
