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
  const isPlain = stream.dict.lookup(PDFName.of('DecodeParms')) === undefined;
  if (isPlain && isFlate(filters.at(-1)) && filters.slice(0, -1).every(isTextFilter)) {
    const packed = withoutText(stream, filters.slice(0, -1), maxBytes);
    return packed && inflateFreely(packed, maxBytes);
  }
  // The other filters grow by a small factor at most, but for chains with Flate in them.
  if (filters.some((filter) => filter.startsWith('Fl')) || stream.contents.length > maxBytes / 100)
    return undefined;
  return decoded(stream);
}

const isFlate = (filter: string | undefined) => filter === 'FlateDecode' || filter === 'Fl';
/** They write bytes as letters, so that what they hold is never more than they are. */
const isTextFilter = (filter: string) => filter === 'ASCII85Decode' || filter === 'ASCIIHexDecode';

/** What a stream holds beneath filters that write it as letters. */
function withoutText(
  { dict, contents }: PDFRawStream,
  filters: string[],
  maxBytes: number,
): Uint8Array | undefined {
  if (filters.length === 0) return contents;
  if (contents.length > maxBytes) return undefined;
  return decoded(dict.context.stream(contents, { Filter: filters }));
}

function decoded(stream: PDFRawStream): Uint8Array | undefined {
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
