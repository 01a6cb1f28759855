import { isAscii, isUtf8 } from 'node:buffer';
import { crc32, inflateRawSync } from 'node:zlib';

/** One entry of an archive, as its directory tells it and its own header agrees. */
export interface ZipEntry {
  /** For reading; `nameBytes` is what is written. */
  name: string;
  nameBytes: Uint8Array;
  /** Bit 11: the name is UTF-8. */
  flags: number;
  /** 0: stored, 8: deflated. */
  method: number;
  crc: number;
  compressedSizeBytes: number;
  sizeBytes: number;
  /** Where its compressed bytes begin. */
  dataAt: number;
  /** Where its header begins. */
  headerAt: number;
}

export interface ZipLimits {
  /** More entries are taken for an attack. */
  entries: number;
  /** What all entries together may unpack to. */
  unpackedBytes: number;
  /** How many times larger an entry may become, once it is larger than a megabyte. */
  ratio: number;
}

/** Why an archive is not read. */
export type ZipTrouble =
  'no_directory' | 'damaged' | 'too_many_entries' | 'zip_bomb' | 'encrypted' | 'zip64' | 'unsafe_name';

export class ZipError extends Error {
  readonly trouble: ZipTrouble;

  constructor(trouble: ZipTrouble) {
    super(`The archive cannot be read: ${trouble}.`);
    this.name = 'ZipError';
    this.trouble = trouble;
  }
}

export const signatures = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50 } as const;
export const headerSizes = { local: 30, central: 46, end: 22 } as const;
const commentMaxBytes = 0xffff;
const utf8Name = 0x800;
const encryptedFlags = 0x41;

/**
 * Reads the directory of an archive (APPNOTE 6.3). Nothing is unpacked. Names, sizes and places are checked against each
 * other, so that whatever is read later lies where it was promised and is no larger.
 *
 * @throws ZipError
 */
export function readZip(bytes: Buffer, limits: ZipLimits): ZipEntry[] {
  const { at, count, startsAt, endsAt } = findDirectory(bytes);
  if (count > limits.entries) throw new ZipError('too_many_entries');
  const entries: ZipEntry[] = [];
  let position = startsAt;
  for (let index = 0; index < count; index += 1) {
    const { entry, next } = readRecord(bytes, position, at);
    entries.push(entry);
    position = next;
  }
  // The count has 16 bits: with more entries than that, the rest would stand unread.
  if (position !== endsAt) throw new ZipError('damaged');
  assertApart(entries);
  assertModest(entries, limits);
  assertNames(entries);
  return entries;
}

function findDirectory(bytes: Buffer): { at: number; count: number; startsAt: number; endsAt: number } {
  const lowest = Math.max(0, bytes.length - headerSizes.end - commentMaxBytes);
  for (let at = bytes.length - headerSizes.end; at >= lowest; at -= 1) {
    if (bytes.readUInt32LE(at) !== signatures.end) continue;
    const count = bytes.readUInt16LE(at + 10);
    const sizeBytes = bytes.readUInt32LE(at + 12);
    const startsAt = bytes.readUInt32LE(at + 16);
    if (count === 0xffff || startsAt === 0xffffffff) throw new ZipError('zip64');
    if (startsAt + sizeBytes > at) throw new ZipError('damaged');
    return { at, count, startsAt, endsAt: startsAt + sizeBytes };
  }
  throw new ZipError('no_directory');
}

function readRecord(bytes: Buffer, at: number, end: number): { entry: ZipEntry; next: number } {
  if (at + headerSizes.central > end || bytes.readUInt32LE(at) !== signatures.central)
    throw new ZipError('damaged');
  const flags = bytes.readUInt16LE(at + 8);
  const compressedSizeBytes = bytes.readUInt32LE(at + 20);
  const sizeBytes = bytes.readUInt32LE(at + 24);
  const nameLength = bytes.readUInt16LE(at + 28);
  const next =
    at + headerSizes.central + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  if (next > end) throw new ZipError('damaged');
  const headerAt = bytes.readUInt32LE(at + 42);
  if ([compressedSizeBytes, sizeBytes, headerAt].includes(0xffffffff)) throw new ZipError('zip64');
  if ((flags & encryptedFlags) !== 0) throw new ZipError('encrypted');
  const method = bytes.readUInt16LE(at + 10);
  if (method !== 0 && method !== 8) throw new ZipError('damaged');
  const nameBytes = bytes.subarray(at + headerSizes.central, at + headerSizes.central + nameLength);
  // EPUB asks for UTF-8, and many programs forget to say so.
  const isUtf8Name = isUtf8(nameBytes);
  const entry = {
    name: nameBytes.toString(isUtf8Name ? 'utf8' : 'latin1'),
    nameBytes,
    flags: isUtf8Name && !isAscii(nameBytes) ? utf8Name : 0,
    method,
    crc: bytes.readUInt32LE(at + 16),
    compressedSizeBytes,
    sizeBytes,
    headerAt,
    dataAt: dataOf(bytes, headerAt, nameBytes),
  };
  if (entry.dataAt + compressedSizeBytes > bytes.length) throw new ZipError('damaged');
  return { entry, next };
}

/** Where an entry's bytes begin. Its own header must carry the name that the directory gives it. */
function dataOf(bytes: Buffer, headerAt: number, nameBytes: Uint8Array): number {
  if (headerAt + headerSizes.local > bytes.length || bytes.readUInt32LE(headerAt) !== signatures.local)
    throw new ZipError('damaged');
  const nameAt = headerAt + headerSizes.local;
  const nameEnd = nameAt + bytes.readUInt16LE(headerAt + 26);
  if (!bytes.subarray(nameAt, nameEnd).equals(nameBytes)) throw new ZipError('damaged');
  return nameEnd + bytes.readUInt16LE(headerAt + 28);
}

/** Entries that share bytes are how a small archive unpacks to a world. */
function assertApart(entries: ZipEntry[]): void {
  let end = 0;
  for (const entry of entries.toSorted((one, other) => one.headerAt - other.headerAt)) {
    if (entry.headerAt < end) throw new ZipError('zip_bomb');
    end = entry.dataAt + entry.compressedSizeBytes;
  }
}

const modestBytes = 1024 * 1024;

function assertModest(entries: ZipEntry[], { unpackedBytes, ratio }: ZipLimits): void {
  let total = 0;
  for (const { sizeBytes, compressedSizeBytes } of entries) {
    total += sizeBytes;
    if (total > unpackedBytes || (sizeBytes > modestBytes && sizeBytes > compressedSizeBytes * ratio))
      throw new ZipError('zip_bomb');
  }
}

/** Names that lead out of a directory, or that two readers would read differently. */
function assertNames(entries: ZipEntry[]): void {
  const seen = new Set<string>();
  for (const { name } of entries) {
    const path = name.normalize('NFC').toLowerCase();
    const parts = name.replace(/\/$/, '').split('/');
    if (
      seen.has(path) ||
      name === '' ||
      /[\p{Cc}\\]|^[A-Za-z]:/u.test(name) ||
      parts.some((part) => part === '' || part === '.' || part === '..')
    ) {
      throw new ZipError('unsafe_name');
    }
    seen.add(path);
  }
}

/**
 * What an entry unpacks to, checked against its checksum. Never more than it promised.
 *
 * @throws ZipError `damaged`
 */
export function unpack(bytes: Buffer, entry: ZipEntry): Buffer {
  const packed = bytes.subarray(entry.dataAt, entry.dataAt + entry.compressedSizeBytes);
  const content = entry.method === 0 ? packed : inflate(packed, entry.sizeBytes);
  if (content.length !== entry.sizeBytes || crc32(content) !== entry.crc) throw new ZipError('damaged');
  return content;
}

function inflate(packed: Uint8Array, sizeBytes: number): Buffer {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(sizeBytes, 1) });
  } catch {
    throw new ZipError('damaged');
  }
}
