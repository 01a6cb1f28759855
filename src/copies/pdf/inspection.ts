import {
  PDFArray,
  PDFDict,
  PDFName,
  PDFRawStream,
  PDFRef,
  type PDFContext,
  type PDFObject,
} from '@cantoo/pdf-lib';
import type { BookFinding } from '../../ports/bookMarking.ts';

/** What a file is, beside its pages. */
export interface Inspection {
  isSigned: boolean;
  findings: BookFinding[];
}

const name = (text: string) => PDFName.of(text);

const fontTypes = ['Type1', 'MMType1', 'TrueType', 'CIDFontType0', 'CIDFontType2'].map(name);
const fontFiles = ['FontFile', 'FontFile2', 'FontFile3'].map(name);
const activeTypes = ['JavaScript', 'Launch', 'ImportData', 'SubmitForm'].map(name);

/** Looks at every dictionary of a document once. Nothing of it is run or followed. */
export function inspectObjects(context: PDFContext): Inspection {
  const seen = { signed: false, active: false, xfa: false, form: false };
  const fonts = new Set<string>();
  for (const dict of dictionaries(context)) {
    if (dict.has(name('ByteRange')) && dict.has(name('Contents'))) seen.signed = true;
    const action = dict.get(name('S'));
    if (action instanceof PDFName && activeTypes.includes(action)) seen.active = true;
    if (dict.has(name('JS')) || dict.has(name('JavaScript'))) seen.active = true;
    if (dict.has(name('XFA'))) seen.xfa = true;
    const fields = dict.lookup(name('Fields'));
    if (fields instanceof PDFArray && fields.size() > 0) seen.form = true;
    if (isFontWithoutProgram(dict)) fonts.add(dict.get(name('BaseFont'))?.toString() ?? '');
  }
  const told: Record<string, boolean> = {
    signed: seen.signed,
    active_content: seen.active,
    xfa_form: seen.xfa,
    form: seen.form && !seen.xfa && !seen.signed,
    fonts_not_embedded: fonts.size > 0,
  } satisfies Partial<Record<PdfFindingCode, boolean>>;
  const codes = Object.keys(told).filter((code) => told[code]) as PdfFindingCode[];
  return { isSigned: seen.signed, findings: codes.map(pdfFinding) };
}

function* dictionaries(context: PDFContext): Generator<PDFDict> {
  for (const [, object] of context.enumerateIndirectObjects()) {
    const waiting: PDFObject[] = [object];
    for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
      const dict = value instanceof PDFRawStream ? value.dict : value;
      const inner = dict instanceof PDFDict ? dict.values() : dict instanceof PDFArray ? dict.asArray() : [];
      if (dict instanceof PDFDict) yield dict;
      for (const one of inner) if (!(one instanceof PDFRef)) waiting.push(one);
    }
  }
}

function isFontWithoutProgram(dict: PDFDict): boolean {
  const subtype = dict.get(name('Subtype'));
  if (
    dict.get(name('Type')) !== name('Font') ||
    !(subtype instanceof PDFName) ||
    !fontTypes.includes(subtype)
  ) {
    return false;
  }
  const descriptor = dict.lookup(name('FontDescriptor'));
  return !(descriptor instanceof PDFDict) || !fontFiles.some((key) => descriptor.has(key));
}

const sentences = {
  not_a_pdf: ['error', 'This is not a PDF. Export the book again and import that file.'],
  too_large: ['error', 'The file is larger than a book may be. Export it with smaller pictures.'],
  encrypted: [
    'error',
    'The file is encrypted, so it cannot be marked. Export it without a password and without restrictions.',
  ],
  truncated: ['error', 'The end of the file is missing. Export or copy it again.'],
  damaged: [
    'error',
    'Parts of the file are missing or cannot be read. Export it again, or repair it with qpdf.',
  ],
  no_pages: ['error', 'The file has no pages. Export the book again.'],
  too_heavy: [
    'error',
    'Reading the file takes more memory or time than a book may. Export it again with fewer or smaller objects.',
  ],
  too_many_pages: [
    'warning',
    'The file has more pages than are marked one by one. Copies get hidden marks only; split the book for a visible line.',
  ],
  signed: [
    'warning',
    'The file is signed. A visible line would break the signature, so copies get hidden marks only; import it unsigned for a visible line.',
  ],
  active_content: [
    'warning',
    'The file holds scripts or starts programs, which many readers block. They are left in; export it without for buyers’ peace of mind.',
  ],
  form: [
    'warning',
    'The file has form fields. They are left in; flatten them unless buyers are to fill them in.',
  ],
  xfa_form: [
    'warning',
    'The file has an XFA form, which most readers do not show. Export it as an ordinary PDF.',
  ],
  fonts_not_embedded: [
    'warning',
    'Some fonts are not embedded, so pages look different from reader to reader. Export it with all fonts embedded.',
  ],
  repaired: [
    'warning',
    'The file’s table of objects was wrong and was made anew. Look through a copy before you sell it.',
  ],
  already_marked: [
    'warning',
    'The file is itself a buyer’s copy, whose marks stay in it. Import the original instead.',
  ],
  mark_not_found: [
    'warning',
    'A trial copy did not give its marks back in full. Look through a copy, or export the file again with another program.',
  ],
} as const satisfies Record<string, readonly [BookFinding['severity'], string]>;

export type PdfFindingCode = keyof typeof sentences;

export function pdfFinding(code: PdfFindingCode): BookFinding {
  const [severity, message] = sentences[code];
  return { code, severity, message };
}
