import { crc32 } from 'node:zlib';
import { headerSizes, signatures } from './zipArchive.ts';

/** What the headers of an entry say of it. */
export interface Described {
  nameBytes: Uint8Array;
  flags: number;
  method: number;
  crc: number;
  compressedSizeBytes: number;
  sizeBytes: number;
}

/** 1 January 1980, 00:00: the first moment that the format knows. Every entry has it, so that bytes depend on no clock. */
const date = 0x0021;
const versionNeeded = 20;

/** An entry that is stored as it is: packed bytes depend on the packer's version, and copies must be made again byte for byte. */
export function storedEntry(name: string, content: Uint8Array): Described {
  return {
    nameBytes: Buffer.from(name, 'utf8'),
    // A name of ASCII is the same in every code page.
    flags: /^[\x20-\x7e]*$/.test(name) ? 0 : 0x800,
    method: 0,
    crc: crc32(content),
    compressedSizeBytes: content.byteLength,
    sizeBytes: content.byteLength,
  };
}

/** What stands before the bytes of an entry. */
export function localHeader(entry: Described): Buffer {
  const header = Buffer.alloc(headerSizes.local + entry.nameBytes.byteLength);
  header.writeUInt32LE(signatures.local, 0);
  describe(entry, header, 4);
  header.set(entry.nameBytes, headerSizes.local);
  return header;
}

/** What the directory says of an entry. */
export function centralRecord(entry: Described, headerAt: number): Buffer {
  const record = Buffer.alloc(headerSizes.central + entry.nameBytes.byteLength);
  record.writeUInt32LE(signatures.central, 0);
  record.writeUInt16LE(versionNeeded, 4);
  describe(entry, record, 6);
  record.writeUInt32LE(headerAt, 42);
  record.set(entry.nameBytes, headerSizes.central);
  return record;
}

/** The fields that both have, in the same order. */
function describe(entry: Described, target: Buffer, at: number): void {
  target.writeUInt16LE(versionNeeded, at);
  target.writeUInt16LE(entry.flags, at + 2);
  target.writeUInt16LE(entry.method, at + 4);
  target.writeUInt16LE(0, at + 6);
  target.writeUInt16LE(date, at + 8);
  target.writeUInt32LE(entry.crc, at + 10);
  target.writeUInt32LE(entry.compressedSizeBytes, at + 14);
  target.writeUInt32LE(entry.sizeBytes, at + 18);
  target.writeUInt16LE(entry.nameBytes.byteLength, at + 22);
}

/** The end of an archive. */
export function endRecord(directory: { entries: number; sizeBytes: number; at: number }): Buffer {
  const record = Buffer.alloc(headerSizes.end);
  record.writeUInt32LE(signatures.end, 0);
  record.writeUInt16LE(directory.entries, 8);
  record.writeUInt16LE(directory.entries, 10);
  record.writeUInt32LE(directory.sizeBytes, 12);
  record.writeUInt32LE(directory.at, 16);
  return record;
}
