import { closeSync, openSync, writeSync } from 'node:fs';
import type { EpubFile } from './epubFile.ts';
import type { SharedBody } from './recipe.ts';
import type { ZipEntry } from './zipArchive.ts';
import { centralRecord, localHeader, storedEntry, type Described } from './zipPieces.ts';

const mimetype = Buffer.from('application/epub+zip', 'latin1');

/**
 * Writes what all copies begin with: the type, which every reader looks for at this place, then the entries as they are
 * packed, under headers that depend on no clock and no packer.
 */
export function writeBody(path: string, file: EpubFile, entries: ZipEntry[]): SharedBody {
  const target = openSync(path, 'wx', 0o600);
  const records: Buffer[] = [];
  let at = 0;
  const put = (entry: Described, content: Uint8Array) => {
    records.push(centralRecord(entry, at));
    const header = localHeader(entry);
    writeAll(target, header);
    writeAll(target, content);
    at += header.length + content.byteLength;
  };
  try {
    put(storedEntry('mimetype', mimetype), mimetype);
    for (const entry of entries) {
      put(entry, file.bytes.subarray(entry.dataAt, entry.dataAt + entry.compressedSizeBytes));
    }
  } finally {
    closeSync(target);
  }
  return { sizeBytes: at, records: Buffer.concat(records), recordCount: records.length };
}

function writeAll(target: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.byteLength;) done += writeSync(target, bytes, done);
}
