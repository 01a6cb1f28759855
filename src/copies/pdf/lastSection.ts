import {
  PDFContext,
  PDFDict,
  PDFName,
  PDFNumber,
  PDFObjectParser,
  PDFRawStream,
  PDFRef,
} from '@cantoo/pdf-lib';

/** The last cross-reference section of a file, which says where everything begins. */
export interface LastSection {
  kind: 'table' | 'stream';
  offset: number;
  size: number;
  root: PDFRef;
  info: PDFRef | undefined;
}

/** How far from its end a file's last `startxref` may be (ISO 32000-1, annex H). */
const endBytes = 2048;
const trailerMaxBytes = 64 * 1024;

/** Whether the file has its end. */
export function hasEnd(bytes: Buffer): boolean {
  return bytes.subarray(-endBytes).includes('%%EOF');
}

/** Undefined where the file does not say it in the way it should; programs then look for the objects one by one. */
export function readLastSection(bytes: Buffer): LastSection | undefined {
  const end = bytes.subarray(-endBytes).toString('latin1');
  const offset = Number(
    /startxref\s+(\d{1,10})\s+%%EOF/.exec(end.slice(end.lastIndexOf('startxref')))?.[1] ?? NaN,
  );
  if (!(offset > 0 && offset < bytes.length) || !bytes.subarray(0, 5).equals(Buffer.from('%PDF-'))) {
    return undefined;
  }
  const isTable = bytes.toString('latin1', offset, offset + 4) === 'xref';
  const dict = isTable ? trailerAfter(bytes, offset) : streamAt(bytes, offset);
  const size = dict?.get(PDFName.of('Size'));
  const root = dict?.get(PDFName.of('Root'));
  const info = dict?.get(PDFName.of('Info'));
  if (!(size instanceof PDFNumber) || !(root instanceof PDFRef)) return undefined;
  return {
    kind: isTable ? 'table' : 'stream',
    offset,
    size: size.asNumber(),
    root,
    info: info instanceof PDFRef ? info : undefined,
  };
}

function trailerAfter(bytes: Buffer, offset: number): PDFDict | undefined {
  const at = bytes.indexOf('trailer', offset);
  return at < 0 ? undefined : parseDict(bytes.subarray(at + 'trailer'.length, at + trailerMaxBytes));
}

function streamAt(bytes: Buffer, offset: number): PDFDict | undefined {
  const head = /^\s*\d+\s+\d+\s+obj/.exec(bytes.toString('latin1', offset, offset + 64));
  if (!head) return undefined;
  const from = offset + head[0].length;
  // The dictionary alone: its stream is not needed.
  const end = bytes.indexOf('stream', from);
  return end < 0 ? undefined : parseDict(bytes.subarray(from, Math.min(end, from + trailerMaxBytes)));
}

function parseDict(bytes: Buffer): PDFDict | undefined {
  try {
    const value = PDFObjectParser.forBytes(bytes, PDFContext.create()).parseObject();
    if (value instanceof PDFRawStream) return value.dict;
    return value instanceof PDFDict ? value : undefined;
  } catch {
    return undefined;
  }
}
