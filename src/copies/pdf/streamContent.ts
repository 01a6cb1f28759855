import { inflateRawSync, inflateSync, constants } from 'node:zlib';
import {
  PDFArray,
  type PDFDict,
  PDFName,
  type PDFRawStream,
  decodePDFRawStream,
  type PDFObject,
} from '@cantoo/pdf-lib';

/**
 * What a stream holds, decoded as far as it goes. Undefined when it holds more than it may, or is packed in a way that is
 * not read here.
 */
export function contentOf(stream: PDFRawStream, maxBytes: number): Uint8Array | undefined {
  const filters = filtersOf(stream.dict);
  if (filters.length === 0) return stream.contents.length > maxBytes ? undefined : stream.contents;
  const only = filters.length === 1 ? filters[0] : undefined;
  const isPlainFlate =
    (only === 'FlateDecode' || only === 'Fl') && stream.dict.lookup(PDFName.of('DecodeParms')) === undefined;
  if (isPlainFlate) return inflateFreely(stream.contents, maxBytes);
  // The other filters grow by a small factor at most, but for chains with Flate in them.
  if (filters.some((filter) => filter.startsWith('Fl')) || stream.contents.length > maxBytes / 100)
    return undefined;
  try {
    return decodePDFRawStream(stream).decode();
  } catch {
    return undefined;
  }
}

/** Inflates what can be inflated of bytes that may be cut short or damaged. Undefined beyond the limit, or for nothing. */
export function inflateFreely(bytes: Uint8Array, maxBytes: number): Buffer | undefined {
  const options = { maxOutputLength: maxBytes, finishFlush: constants.Z_SYNC_FLUSH };
  try {
    return inflateSync(bytes, options);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') return undefined;
  }
  try {
    return inflateRawSync(bytes.subarray(2), options);
  } catch {
    return undefined;
  }
}

function filtersOf(dict: PDFDict): string[] {
  const filter: PDFObject | undefined = dict.lookup(PDFName.of('Filter'));
  const names = filter instanceof PDFArray ? filter.asArray() : filter === undefined ? [] : [filter];
  return names.map((name) => (name instanceof PDFName ? name.decodeText() : 'unknown'));
}
