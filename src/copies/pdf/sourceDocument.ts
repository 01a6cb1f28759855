import {
  PDFArray,
  PDFCatalog,
  PDFDict,
  PDFParser,
  PDFName,
  PDFRef,
  type PDFContext,
  type PDFObject,
} from '@cantoo/pdf-lib';

/** A page in its place in the book. */
export interface SourcePage {
  /** Null for a page that stands in the tree itself, which is against the rules and occurs. */
  ref: PDFRef | null;
  dict: PDFDict;
}

export interface SourceDocument {
  context: PDFContext;
  catalog: PDFDict;
  catalogRef: PDFRef;
  /** Null where the tree has no root, or one without a number. */
  pagesRef: PDFRef | null;
  pages: SourcePage[];
  /** Pages that the tree names and the file has not. */
  missingPages: number;
}

/** Why a file cannot be worked on page by page. */
export type Unreadable = 'encrypted' | 'damaged' | 'no_pages' | 'too_many_pages';

/** Reads all objects into memory: many times the file's size, so in a child process only. Undefined for no PDF at all. */
export async function readObjects(bytes: Uint8Array): Promise<PDFContext | undefined> {
  try {
    return await PDFParser.forBytesWithOptions(bytes, Infinity).parseDocument();
  } catch {
    return undefined;
  }
}

export function documentOf(
  context: PDFContext,
  { maxPages }: { maxPages: number },
): SourceDocument | Unreadable {
  if (context.trailerInfo.Encrypt !== undefined) return 'encrypted';
  const catalogRef = context.trailerInfo.Root;
  const catalog = context.lookup(catalogRef);
  if (!(catalogRef instanceof PDFRef) || !(catalog instanceof PDFDict)) return 'damaged';
  const root = catalog.get(PDFName.of('Pages'));
  const tree = walkPages(context, root, maxPages);
  if (tree === 'too_many_pages') return tree;
  if (tree.pages.length === 0) return tree.missingPages > 0 ? 'damaged' : 'no_pages';
  return { context, catalog, catalogRef, pagesRef: root instanceof PDFRef ? root : null, ...tree };
}

/** Depth first, without recursion, each node once: trees can be deep, and can be circles. */
function walkPages(
  context: PDFContext,
  root: PDFObject | undefined,
  maxPages: number,
): { pages: SourcePage[]; missingPages: number } | 'too_many_pages' {
  const pages: SourcePage[] = [];
  const nodes = new Set<PDFDict>();
  const waiting: PDFObject[] = root === undefined ? [] : [root];
  let missingPages = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const dict = context.lookup(next);
    if (!(dict instanceof PDFDict)) {
      missingPages += 1;
      continue;
    }
    const kids = dict.lookup(PDFName.of('Kids'));
    if (!(kids instanceof PDFArray)) {
      if (dict !== context.lookup(root)) pages.push({ ref: next instanceof PDFRef ? next : null, dict });
      if (pages.length > maxPages) return 'too_many_pages';
      continue;
    }
    if (nodes.has(dict)) continue;
    nodes.add(dict);
    if (kids.size() > maxPages * 2) return 'too_many_pages';
    waiting.push(...kids.asArray().toReversed());
  }
  return { pages, missingPages };
}

/** Whether a dictionary is a part of some page tree, be it one that is no longer used. */
export function isPageTreePart(value: PDFObject | undefined): boolean {
  if (value instanceof PDFCatalog) return true;
  if (!(value instanceof PDFDict)) return false;
  const type = value.get(PDFName.of('Type'));
  return type === PDFName.of('Page') || type === PDFName.of('Pages') || type === PDFName.of('Catalog');
}
