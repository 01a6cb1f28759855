import { UnusableBook, type EpubFindingCode } from './inspection.ts';
import { readElements, type XmlElement, type XmlOptions } from './xmlElements.ts';
import { decodeXml, type XmlText } from './xmlText.ts';
import { readZip, unpack, ZipError, type ZipEntry, type ZipTrouble } from './zipArchive.ts';

/** The archive of a book, open for reading. */
export interface EpubFile {
  bytes: Buffer;
  entries: ZipEntry[];
  /** By its name, also where another form of the same characters is asked for. */
  entry(name: string): ZipEntry | undefined;
  read(entry: ZipEntry): Buffer;
}

export const archiveLimits = { entries: 20_000, unpackedBytes: 2 * 1024 ** 3, ratio: 200 };

/** Larger papers of a book (container, package, navigation) are no papers. */
export const paperMaxBytes = 8 * 1024 * 1024;

const findings: Record<ZipTrouble, EpubFindingCode> = {
  no_directory: 'damaged',
  damaged: 'damaged',
  too_many_entries: 'too_heavy',
  zip_bomb: 'zip_bomb',
  encrypted: 'encrypted',
  zip64: 'too_large',
  unsafe_name: 'unsafe_name',
};

/**
 * Opens a book. Every entry is unpacked once and held against its checksum.
 *
 * @throws UnusableBook
 */
export function openEpub(bytes: Buffer): EpubFile {
  if (bytes.length < 4 || bytes.readUInt32LE() !== 0x04034b50) throw new UnusableBook('not_an_epub');
  const entries = tryZip(() => readZip(bytes, archiveLimits));
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const byForm = new Map(entries.map((entry) => [entry.name.normalize('NFC'), entry]));
  for (const entry of entries) tryZip(() => unpack(bytes, entry));
  return {
    bytes,
    entries,
    entry: (name) => byName.get(name) ?? byForm.get(name.normalize('NFC')),
    read: (entry) => tryZip(() => unpack(bytes, entry)),
  };
}

function tryZip<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ZipError) throw new UnusableBook(findings[error.trouble]);
    throw error;
  }
}

/**
 * Reads one of the book's own papers.
 *
 * @throws UnusableBook `invalid_xml`, also for one that defines entities: none needs any
 */
export function readPaper(file: EpubFile, entry: ZipEntry): XmlText & { elements: XmlElement[] } {
  if (entry.sizeBytes > paperMaxBytes) throw new UnusableBook('too_heavy');
  const decoded = decodeXml(file.read(entry));
  if (!decoded || decoded.text.includes('<!ENTITY')) throw new UnusableBook('invalid_xml');
  const elements = elementsOf(decoded.text);
  if (!elements) throw new UnusableBook('invalid_xml');
  return { ...decoded, elements };
}

/** Undefined for what is not well-formed. */
export function elementsOf(text: string, options: XmlOptions = {}): XmlElement[] | undefined {
  try {
    return readElements(text, options);
  } catch {
    return undefined;
  }
}
