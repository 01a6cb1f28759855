import { PDFArray, PDFDict, PDFName, PDFNumber, PDFRef, type PDFObject } from '@cantoo/pdf-lib';
import type { MarkedPages } from '../../domain/copyMark.ts';
import { bytesOf, writeBody } from './bodyWriter.ts';
import { embedFont } from './embeddedFont.ts';
import { infoEntries } from './infoEntries.ts';
import { metadataRefOf, metadataSlot } from './metadataSlot.ts';
import { entryOf, inheritedEntries, pageBoxOf, type PageBox } from './pageBox.ts';
import { containContents } from './pageContents.ts';
import { pageResources } from './pageResources.ts';
import { packRecipe, type FullRecipe, type ObjectId, type Stamp } from './recipe.ts';
import type { SourceDocument, SourcePage } from './sourceDocument.ts';
import type { StampFont } from './stampFont.ts';
import { entryKey } from './tail.ts';

export interface FullPreparation {
  recipe: Buffer;
  /** Streams that pages name and the file has not. */
  missingContents: number;
}

const idOf = (ref: PDFRef): ObjectId => ({ number: ref.objectNumber, generation: ref.generationNumber });

/**
 * Writes the shared body and makes the recipe for tails that mark every page. Changes the document that it is given. Objects
 * keep their numbers, so that bookmarks, links and the structure of the text go on pointing to them.
 */
export function prepareFull(
  source: SourceDocument,
  { bodyPath, pages, font }: { bodyPath: string; pages: MarkedPages; font: StampFont },
): FullPreparation {
  const { context, catalog } = source;
  const embedded = embedFont(context, font);
  const opening = context.register(context.stream('q\n'));
  const next = () => context.nextRef();
  const ids = {
    lineForm: next(),
    textForm: next(),
    font: next(),
    cidFont: next(),
    toUnicode: next(),
    entry: next(),
  };
  const treeRef = source.pagesRef ?? next();
  const infoRef = context.trailerInfo.Info instanceof PDFRef ? context.trailerInfo.Info : next();
  const metadataRef = metadataRefOf(catalog) ?? next();
  const metadata = metadataSlot(context, metadataRef);
  const resources = pageResources(context, source.pages, { line: ids.lineForm, text: ids.textForm });
  const stamps = createStamps(next);

  let missingContents = 0;
  const objects: { ref: PDFRef; value: PDFObject }[] = [];
  const kids: PDFRef[] = [];
  const written = new Map<PDFDict, PDFRef>();
  for (const [index, page] of source.pages.entries()) {
    const known = written.get(page.dict);
    if (known) {
      kids.push(known);
      continue;
    }
    const ref = page.ref ?? next();
    const contained = containContents(context, page);
    missingContents += contained.missing;
    const stamp = stamps.of(
      pageBoxOf((name) => entryOf(page.dict, name)),
      {
        closing: contained.closing,
        visible: isMarked(index, pages),
      },
    );
    const value = pageObject(page, {
      Parent: treeRef,
      Contents: context.obj([opening, ...contained.streams, stamp]),
      Resources: resources.of(page),
      [entryKey]: ids.entry,
    });
    objects.push({ ref, value });
    written.set(page.dict, ref);
    kids.push(ref);
  }
  const tree = context.obj({ Type: 'Pages', Count: kids.length, Kids: kids });
  const root = catalog.clone();
  root.set(PDFName.of('Pages'), treeRef);
  if (metadata) root.set(PDFName.of('Metadata'), metadataRef);
  objects.push({ ref: treeRef, value: tree }, { ref: source.catalogRef, value: root });

  const variable = [...Object.values(ids), ...stamps.refs(), infoRef, ...(metadata ? [metadataRef] : [])];
  const keptBack = new Set([...variable, ...objects.map(({ ref }) => ref)]);
  const info = context.lookup(infoRef);
  const body = writeBody(bodyPath, {
    context,
    keptBack,
    roots: [
      ...objects.map(({ value }) => value),
      ...(info === undefined ? [] : [info]),
      embedded.ascii,
      embedded.descriptor,
    ],
  });
  const { blob, index } = packObjects(objects);
  const recipe: FullRecipe = {
    format: 1,
    kind: 'full',
    bodySizeBytes: body.sizeBytes,
    previousXref: body.xrefOffset,
    size: context.largestObjectNumber + 1,
    root: idOf(source.catalogRef),
    info: { id: idOf(infoRef), entries: infoEntries(info) },
    metadata,
    stamps: stamps.list(),
    names: resources.names,
    ids: {
      lineForm: idOf(ids.lineForm),
      textForm: idOf(ids.textForm),
      font: idOf(ids.font),
      cidFont: idOf(ids.cidFont),
      toUnicode: idOf(ids.toUnicode),
      entry: idOf(ids.entry),
      fontDescriptor: idOf(embedded.descriptor),
      asciiFont: idOf(embedded.ascii),
    },
    fontName: embedded.name,
    objects: index,
  };
  return { recipe: packRecipe(recipe, blob), missingContents };
}

function isMarked(index: number, pages: MarkedPages): boolean {
  if (pages === 'all') return true;
  return index % (pages === 'first' ? Infinity : Math.max(1, pages.every)) === 0;
}

/** Whatever a page inherited stands on it from now on. */
function pageObject({ dict }: SourcePage, ours: Record<string, PDFObject>): PDFDict {
  const value = dict.clone();
  value.set(PDFName.of('Type'), PDFName.of('Page'));
  for (const name of inheritedEntries) {
    const inherited = entryOf(dict, name);
    if (inherited instanceof PDFDict || inherited instanceof PDFArray || inherited instanceof PDFNumber) {
      value.set(PDFName.of(name), inherited);
    }
  }
  for (const [name, object] of Object.entries(ours)) value.set(PDFName.of(name), object);
  if (!(value.lookup(PDFName.of('MediaBox')) instanceof PDFArray)) {
    value.set(PDFName.of('MediaBox'), dict.context.obj([0, 0, 612, 792]));
  }
  return value;
}

/** One stream for all pages that look alike. */
function createStamps(next: () => PDFRef) {
  const known = new Map<string, { ref: PDFRef; stamp: Stamp }>();
  return {
    of(box: PageBox, { closing, visible }: { closing: string; visible: boolean }): PDFRef {
      const { matrix, width, unitPt } = box;
      const key = JSON.stringify([matrix, width, unitPt, closing, visible]);
      const found = known.get(key);
      if (found) return found.ref;
      const ref = next();
      known.set(key, { ref, stamp: { id: idOf(ref), closing, visible, matrix: [...matrix], width, unitPt } });
      return ref;
    },
    refs: () => Array.from(known.values(), ({ ref }) => ref),
    list: () => Array.from(known.values(), ({ stamp }) => stamp),
  };
}

function packObjects(objects: { ref: PDFRef; value: PDFObject }[]) {
  const parts: Uint8Array[] = [];
  const index: [number, number, number][] = [];
  let offset = 0;
  for (const { ref, value } of objects) {
    const bytes = Buffer.concat([
      Buffer.from(`${ref.objectNumber} ${ref.generationNumber} obj\n`, 'latin1'),
      bytesOf(value),
      Buffer.from('\nendobj\n', 'latin1'),
    ]);
    index.push([ref.objectNumber, ref.generationNumber, offset]);
    parts.push(bytes);
    offset += bytes.length;
  }
  return { blob: Buffer.concat(parts), index };
}
