import { readPaper, type EpubFile } from './epubFile.ts';
import { UnusableBook } from './inspection.ts';
import type { XmlElement } from './xmlElements.ts';
import type { XmlText } from './xmlText.ts';
import type { ZipEntry } from './zipArchive.ts';

export interface ManifestItem {
  id: string;
  mediaType: string;
  properties: string[];
  /** Undefined for what lies on the web. */
  entry: ZipEntry | undefined;
}

/** A book's package document (OPF 2.0.1, EPUB 3.3 section 5). */
export interface PackageDocument extends XmlText {
  entry: ZipEntry;
  /** The directory that its references start from, with a slash; empty at the root. */
  directory: string;
  isEpub3: boolean;
  elements: XmlElement[];
  root: XmlElement;
  metadata: XmlElement | undefined;
  manifest: XmlElement;
  spine: XmlElement;
  items: ManifestItem[];
  itemrefs: XmlElement[];
  /** Entries in the reading order, as far as they are known. */
  reading: ManifestItem[];
  isFixedLayout: boolean;
}

const packageType = 'application/oebps-package+xml';

/** All package documents that the container names, the default one first. @throws UnusableBook */
export function packageEntries(file: EpubFile): [ZipEntry, ...ZipEntry[]] {
  const container = file.entry('META-INF/container.xml');
  if (!container) throw new UnusableBook('damaged');
  const { elements } = readPaper(file, container);
  const rootfiles = elements.filter(
    ({ local, attributes }) =>
      local === 'rootfile' && (attributes.get('media-type') ?? packageType) === packageType,
  );
  const [first, ...others] = rootfiles.map(({ attributes }) => file.entry(attributes.get('full-path') ?? ''));
  if (!first) throw new UnusableBook('damaged');
  return [first, ...others.filter((entry) => entry !== undefined)];
}

/** @throws UnusableBook */
export function readPackage(file: EpubFile, entry: ZipEntry): PackageDocument {
  const paper = readPaper(file, entry);
  const { elements } = paper;
  const root = elements[0];
  if (root?.local !== 'package') throw new UnusableBook('invalid_xml');
  const child = (local: string) => elements.find((one) => one.parent === root && one.local === local);
  const [metadata, manifest, spine] = [child('metadata'), child('manifest'), child('spine')];
  const itemrefs = elements.filter(({ local, parent }) => local === 'itemref' && parent === spine);
  if (!manifest || !spine || itemrefs.length === 0) throw new UnusableBook('no_spine');
  const directory = entry.name.slice(0, entry.name.lastIndexOf('/') + 1);
  const items = elements
    .filter(({ local, parent }) => local === 'item' && parent === manifest)
    .map((element) => itemOf(element, { file, directory }));
  const byId = new Map(items.map((item) => [item.id, item]));
  const reading = itemrefs.map(({ attributes }) => byId.get(attributes.get('idref') ?? ''));
  if (reading.includes(undefined)) throw new UnusableBook('damaged');
  return {
    ...paper,
    entry,
    directory,
    isEpub3: !/^[12](\.|$)/.test(root.attributes.get('version') ?? '2.0'),
    root,
    metadata,
    manifest,
    spine,
    items,
    itemrefs,
    reading: reading.filter((item) => item !== undefined),
    isFixedLayout: isFixedLayout(file, paper),
  };
}

/** @throws UnusableBook `damaged`: an item that is not there */
function itemOf(
  { attributes }: XmlElement,
  { file, directory }: { file: EpubFile; directory: string },
): ManifestItem {
  const href = attributes.get('href') ?? '';
  const isOnTheWeb = /^[a-z][a-z0-9+.-]*:/i.test(href);
  const entry = isOnTheWeb
    ? undefined
    : (file.entry(pathOf(directory, href)) ?? file.entry(`${directory}${href}`));
  if (!entry && !isOnTheWeb) throw new UnusableBook('damaged');
  return {
    id: attributes.get('id') ?? '',
    mediaType: attributes.get('media-type') ?? '',
    properties: (attributes.get('properties') ?? '').split(/\s+/),
    entry,
  };
}

/** Where a relative reference leads inside the archive. */
export function pathOf(directory: string, href: string): string {
  const path: string[] = [];
  for (const part of `${href.startsWith('/') ? '' : directory}${decoded(href.replace(/[?#].*$/s, ''))}`.split(
    '/',
  )) {
    if (part === '..') path.pop();
    else if (part !== '.' && part !== '') path.push(part);
  }
  return path.join('/');
}

function decoded(href: string): string {
  try {
    return decodeURIComponent(href);
  } catch {
    return href;
  }
}

/** Pages that are laid out one by one, as EPUB 3, Apple and Amazon say it. */
function isFixedLayout(
  file: EpubFile,
  { text, elements }: { text: string; elements: XmlElement[] },
): boolean {
  const apple = file.entry('META-INF/com.apple.ibooks.display-options.xml');
  if (apple && /name\s*=\s*["']fixed-layout["']\s*>\s*true/.test(file.read(apple).toString('latin1')))
    return true;
  return elements.some(({ local, attributes, contentAt, contentEndsAt }) => {
    if (local !== 'meta') return false;
    if (attributes.get('name') === 'fixed-layout') return attributes.get('content') === 'true';
    return (
      attributes.get('property') === 'rendition:layout' &&
      text.slice(contentAt, contentEndsAt).trim() === 'pre-paginated'
    );
  });
}
