import { chosenChapters, hasMalformed, markedChapter } from './chapters.ts';
import { carrierNumbers } from './carriers.ts';
import { editNcx } from './documentEdits.ts';
import { openEpub, readPaper, type EpubFile } from './epubFile.ts';
import { UnusableBook, type EpubFindingCode } from './inspection.ts';
import { packageEntries, pathOf, readPackage, type PackageDocument } from './packageDocument.ts';
import { editPackage } from './packageEdits.ts';
import { protectionOf, type Protection } from './protection.ts';
import type { TailEntry } from './recipe.ts';
import { freeName } from './template.ts';
import { pageStylesheet, visiblePage } from './visiblePage.ts';
import type { ZipEntry } from './zipArchive.ts';

/** Which entries all copies share, and which each has its own. */
export interface Plan {
  reach: 'full' | 'hidden';
  body: ZipEntry[];
  tail: TailEntry[];
}

/** A book that can be sold: inspected, and ready to be planned. */
export interface SoundBook {
  file: EpubFile;
  document: PackageDocument;
  /** All of the book's package documents, and its tables of contents: what a body alone must not have. */
  papers: ZipEntry[];
  protection: Protection;
  findings: EpubFindingCode[];
}

const mimetype = 'application/epub+zip';

/**
 * Inspects a book.
 *
 * @throws UnusableBook
 */
export function inspectBook(bytes: Buffer): SoundBook {
  const file = openEpub(bytes);
  const findings: EpubFindingCode[] = [];
  if (!hasSoundType(file)) findings.push('mimetype_mended');
  const protection = protectionOf(file);
  const packages = packageEntries(file);
  const document = readPackage(file, packages[0]);
  if (hasMalformed(file, document.reading)) findings.push('malformed_chapter');
  if (protection.isSigned) findings.push('signed');
  const contents = document.items.filter(
    ({ mediaType, properties }) => properties.includes('nav') || mediaType === 'application/x-dtbncx+xml',
  );
  const guide = document.elements
    .filter(({ local, attributes }) => local === 'reference' && attributes.get('type') === 'toc')
    .map(({ attributes }) => file.entry(pathOf(document.directory, attributes.get('href') ?? '')));
  const papers = new Set([...packages, ...contents.map(({ entry }) => entry), ...guide]);
  papers.delete(undefined);
  return { file, document, papers: [...papers] as ZipEntry[], protection, findings };
}

/** @throws UnusableBook when the archive is of another kind */
function hasSoundType(file: EpubFile): boolean {
  const entry = file.entry('mimetype');
  if (!entry) {
    if (!file.entry('META-INF/container.xml')) throw new UnusableBook('not_an_epub');
    return false;
  }
  const content = entry.sizeBytes > 1024 ? '' : file.read(entry).toString('utf8');
  if (content.replace('\ufeff', '').trim() !== mimetype) throw new UnusableBook('not_an_epub');
  return entry.headerAt === 0 && entry.method === 0 && content === mimetype;
}

/** A visible page and every hidden mark. Undefined where the package document cannot be edited. */
export function fullPlan({ file, document, papers, protection }: SoundBook): Plan | undefined {
  const names = new Set(file.entries.map(({ name }) => name.toLowerCase()));
  const [page, stylesheet] = ['.xhtml', '.css'].map((ending) => {
    const path = freeName(names, `${document.directory}licence`, ending);
    return path.slice(document.directory.length);
  });
  if (page === undefined || stylesheet === undefined) return undefined;
  const template = editPackage(document, { page, stylesheet });
  if (!template || document.encoding === null) return undefined;
  const edited: TailEntry[] = [
    { name: document.entry.name, encoding: document.encoding, template },
    {
      name: `${document.directory}${page}`,
      encoding: 'utf8',
      template: visiblePage({ isEpub3: document.isEpub3, stylesheet }),
    },
    { name: `${document.directory}${stylesheet}`, encoding: 'utf8', template: pageStylesheet() },
    ...contentsEntries(file, document),
  ];
  const taken = new Set([
    ...papers.map(({ name }) => name),
    ...edited.map(({ name }) => name),
    ...protection.obfuscated,
  ]);
  edited.push(...chosenChapters(file, document.reading, taken));
  return { reach: 'full', ...divide(file, papers, edited) };
}

/** One note beside the book, whose own files stay as they are. */
export function hiddenPlan({ file, papers }: SoundBook): Plan {
  return { reach: 'hidden', ...divide(file, papers, []) };
}

/** The table of contents of either version. */
function contentsEntries(file: EpubFile, { items }: PackageDocument): TailEntry[] {
  const nav = items.find(({ properties, entry }) => entry && properties.includes('nav'))?.entry;
  const ncx = items.find(({ mediaType, entry }) => entry && mediaType === 'application/x-dtbncx+xml')?.entry;
  const edited = [
    nav && markedChapter(file, nav, carrierNumbers.navigation),
    ncx && nav !== ncx && markedNcx(file, ncx),
  ];
  return edited.filter((entry) => typeof entry === 'object');
}

function markedNcx(file: EpubFile, entry: ZipEntry): TailEntry | undefined {
  let paper;
  try {
    paper = readPaper(file, entry);
  } catch (error) {
    if (error instanceof UnusableBook) return undefined;
    throw error;
  }
  const template = editNcx(paper.text, paper.elements);
  return template && paper.encoding !== null
    ? { name: entry.name, encoding: paper.encoding, template }
    : undefined;
}

const keptBackMaxBytes = 256 * 1024;

/** Papers go to the tail, edited or not: without them the body is a heap of files. */
function divide(file: EpubFile, papers: ZipEntry[], edited: TailEntry[]): Pick<Plan, 'body' | 'tail'> {
  const names = new Set(file.entries.map(({ name }) => name.toLowerCase()));
  const isEdited = new Set(edited.map(({ name }) => name));
  const keptBack = file.entries.filter(
    (entry) =>
      !isEdited.has(entry.name) &&
      !entry.name.endsWith('/') &&
      (papers.includes(entry) || isPaperByName(entry)),
  );
  const note: TailEntry = {
    name: freeName(names, 'META-INF/release', '.txt'),
    encoding: 'utf8',
    template: [{ code: carrierNumbers.meta_inf }, '\n'],
  };
  const isTail = new Set([...isEdited, ...keptBack.map(({ name }) => name), 'mimetype']);
  return {
    // Directories say nothing that the names of files do not.
    body: file.entries
      .filter(({ name }) => !isTail.has(name) && !name.endsWith('/'))
      .toSorted((one, other) => one.headerAt - other.headerAt),
    tail: [...keptBack.map((entry) => ({ name: entry.name, bytes: file.read(entry) })), ...edited, note],
  };
}

function isPaperByName({ name, sizeBytes }: ZipEntry): boolean {
  if (name === 'META-INF/container.xml') return true;
  return sizeBytes <= keptBackMaxBytes && /^META-INF\/|\.(opf|ncx)$/i.test(name);
}
