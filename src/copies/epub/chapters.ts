import { carrierNumbers, markedChapters } from './carriers.ts';
import { editBody } from './documentEdits.ts';
import { elementsOf, paperMaxBytes, type EpubFile } from './epubFile.ts';
import type { ManifestItem } from './packageDocument.ts';
import type { TailEntry } from './recipe.ts';
import type { XmlElement } from './xmlElements.ts';
import { decodeXml, type XmlText } from './xmlText.ts';
import type { ZipEntry } from './zipArchive.ts';

const xhtml = 'application/xhtml+xml';
/** What chosen documents may have together: all of them stand in every tail. */
const chosenMaxBytes = 256 * 1024;

/** A document, read; undefined when it is not well-formed XML. */
export function readDocument(
  file: EpubFile,
  entry: ZipEntry,
): (XmlText & { elements: XmlElement[] }) | undefined {
  if (entry.sizeBytes > paperMaxBytes) return undefined;
  const decoded = decodeXml(file.read(entry));
  const elements =
    decoded && elementsOf(decoded.text, { anyEntity: true, keep: (local) => local === 'body' });
  return decoded && elements ? { ...decoded, elements } : undefined;
}

/** Whether a document in the reading order is one that readers show an error for. Very large ones are not looked at. */
export function hasMalformed(file: EpubFile, reading: ManifestItem[]): boolean {
  return reading.some(
    ({ entry, mediaType }) =>
      entry && mediaType === xhtml && entry.sizeBytes <= paperMaxBytes && !readDocument(file, entry),
  );
}

/**
 * A few documents of the reading order, evenly spread, with a code in each. Of every stretch the largest that there is
 * room for: it is missed the most when somebody leaves it out.
 */
export function chosenChapters(
  file: EpubFile,
  reading: ManifestItem[],
  taken: ReadonlySet<string>,
): TailEntry[] {
  const candidates = new Set<ZipEntry>();
  for (const { entry, mediaType } of reading) {
    if (entry && mediaType === xhtml && !taken.has(entry.name)) candidates.add(entry);
  }
  const chosen: TailEntry[] = [];
  let room = chosenMaxBytes;
  for (const [index, stretch] of stretches([...candidates], markedChapters).entries()) {
    const share = Math.floor(room / (markedChapters - index));
    const carrierNumber = carrierNumbers.chapter + index;
    for (const entry of byPreference(stretch, share)) {
      if (entry.sizeBytes > room) break;
      const marked = markedChapter(file, entry, carrierNumber);
      if (!marked) continue;
      chosen.push(marked);
      room -= entry.sizeBytes;
      break;
    }
  }
  return chosen;
}

function stretches<T>(all: T[], count: number): T[][] {
  const bounds = Array.from({ length: count + 1 }, (_, index) => Math.round((all.length * index) / count));
  return bounds.slice(1).map((end, index) => all.slice(bounds[index], end));
}

function byPreference(entries: ZipEntry[], share: number): ZipEntry[] {
  const bySize = entries.toSorted((one, other) => one.sizeBytes - other.sizeBytes);
  const fitting = bySize.filter(({ sizeBytes }) => sizeBytes <= share);
  return [...fitting.toReversed(), ...bySize.slice(fitting.length)];
}

export function markedChapter(file: EpubFile, entry: ZipEntry, carrierNumber: number): TailEntry | undefined {
  const document = readDocument(file, entry);
  if (!document || document.encoding === null) return undefined;
  const template = editBody(document.text, document.elements, carrierNumber);
  return template && { name: entry.name, encoding: document.encoding, template };
}
