import { PDFContext } from '@cantoo/pdf-lib';
import { contentOf, inflateFreely } from './streamContent.ts';

/** A stream as it lies in the file, found without the file's tables. */
export interface LooseStream {
  /** Text of the dictionary before it, as far as it was found. */
  dict: string;
  start: number;
  end: number;
}

const dictMaxBytes = 4096;
/** A text page is far smaller, also where a program has joined a whole page into one stream. */
const streamMaxBytes = 16 * 1024 * 1024;

/** All streams of a file, whatever state its tables are in. */
export function looseStreams(bytes: Buffer): LooseStream[] {
  const streams: LooseStream[] = [];
  for (let at = bytes.indexOf('stream'); at >= 0; at = bytes.indexOf('stream', at)) {
    const dictStart = Math.max(streams.at(-1)?.end ?? 0, at - dictMaxBytes);
    const before = bytes.toString('latin1', dictStart, at);
    const start = startOfData(bytes, at + 'stream'.length);
    if (before.endsWith('end') || !/>>\s*$/.test(before) || start === undefined) {
      at += 'stream'.length;
      continue;
    }
    const dict = before.slice(Math.max(0, before.lastIndexOf(' obj')));
    const end = endOfData(bytes, start, dict);
    streams.push({ dict, start, end });
    at = end;
  }
  return streams;
}

/** Pictures and fonts hold none of our marks, and are most of a file. */
export function isWorthReading({ dict }: LooseStream): boolean {
  return !/\/Subtype\s*\/(Image|Type1C|CIDFontType0C|OpenType)|\/Length1\b|\/(DCT|JPX|JBIG2|CCITTFax)Decode/.test(
    dict,
  );
}

/** What a stream holds, as far as it can be decoded. */
export function readLooseStream(bytes: Buffer, { dict, start, end }: LooseStream): Uint8Array | undefined {
  const data = bytes.subarray(start, end);
  const filters = Array.from(
    (/\/Filter\s*(\[[^\]]*\]|\/\w+)/.exec(dict)?.[1] ?? '').matchAll(/\/(\w+)/g),
    ([, one]) => String(one),
  );
  if (filters.length === 0) return data.length > streamMaxBytes ? undefined : data;
  if (filters.length === 1 && filters[0] === 'FlateDecode') return inflateFreely(data, streamMaxBytes);
  const context = PDFContext.create();
  return contentOf(context.stream(data, { Filter: filters }), streamMaxBytes);
}

function startOfData(bytes: Buffer, at: number): number | undefined {
  if (bytes[at] === 13 && bytes[at + 1] === 10) return at + 2;
  return bytes[at] === 10 || bytes[at] === 13 ? at + 1 : undefined;
}

function endOfData(bytes: Buffer, start: number, dict: string): number {
  const length = Number(/\/Length\s+(\d{1,10})(?!\s+\d+\s+R)/.exec(dict)?.[1] ?? NaN);
  if (length >= 0 && bytes.toString('latin1', start + length, start + length + 12).includes('endstream')) {
    return start + length;
  }
  const end = bytes.indexOf('endstream', start);
  return end < 0 ? bytes.length : end;
}
