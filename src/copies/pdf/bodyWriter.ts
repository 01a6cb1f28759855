import { closeSync, openSync, writeSync } from 'node:fs';
import { PDFArray, PDFDict, PDFRef, PDFStream, type PDFContext, type PDFObject } from '@cantoo/pdf-lib';
import { isPageTreePart } from './sourceDocument.ts';
import { xrefTable, type ObjectPlace } from './xrefSection.ts';

/**
 * Writes the body that all copies share: every object that is reached from the document's root, but for the ones that are kept
 * back for the tail. Without catalogue and page tree no program finds a page in it.
 */
export function writeBody(
  path: string,
  { context, roots, keptBack }: { context: PDFContext; roots: PDFObject[]; keptBack: ReadonlySet<PDFRef> },
): { sizeBytes: number; xrefOffset: number } {
  const file = openSync(path, 'wx', 0o600);
  let offset = 0;
  const write = (bytes: Uint8Array) => {
    for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
    offset += bytes.length;
  };
  try {
    write(Buffer.from(`%PDF-${versionOf(context)}\n%\xe2\xe3\xcf\xd3\n`, 'latin1'));
    const places: ObjectPlace[] = [];
    for (const ref of reachedFrom(context, roots, keptBack)) {
      const object = context.lookup(ref);
      if (object === undefined) continue;
      places.push({ id: { number: ref.objectNumber, generation: ref.generationNumber }, offset });
      write(Buffer.from(`${ref.objectNumber} ${ref.generationNumber} obj\n`, 'latin1'));
      // A page that the tree does not name, and that something still points to, is no page of this book.
      write(isPageTreePart(object) ? Buffer.from('null') : bytesOf(object));
      write(Buffer.from('\nendobj\n', 'latin1'));
    }
    const xrefOffset = offset;
    const size = context.largestObjectNumber + 1;
    write(
      Buffer.from(
        `${xrefTable(places, { withFreeHead: true })}trailer\n<< /Size ${size} >>\nstartxref\n${xrefOffset}\n%%EOF\n`,
        'latin1',
      ),
    );
    return { sizeBytes: offset, xrefOffset };
  } finally {
    closeSync(file);
  }
}

/** At least the one that knows metadata streams and marked content as we write them. */
function versionOf(context: PDFContext): string {
  const version = /(\d)\.(\d)/.exec(context.header.toString())?.[0] ?? '1.7';
  return version < '1.4' ? '1.4' : version;
}

export function bytesOf(object: PDFObject): Uint8Array {
  const bytes = Buffer.alloc(object.sizeInBytes());
  object.copyBytesInto(bytes, 0);
  return bytes;
}

/** In ascending order, so that the same document gives the same bytes. */
function reachedFrom(context: PDFContext, roots: PDFObject[], keptBack: ReadonlySet<PDFRef>): PDFRef[] {
  const reached = new Set<PDFRef>();
  const waiting = [...roots];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (value instanceof PDFRef) {
      if (reached.has(value) || keptBack.has(value)) continue;
      reached.add(value);
      const object = context.lookup(value);
      if (object !== undefined && !isPageTreePart(object)) waiting.push(object);
    } else if (value instanceof PDFDict) pushAll(waiting, value.values());
    else if (value instanceof PDFArray) pushAll(waiting, value.asArray());
    else if (value instanceof PDFStream) pushAll(waiting, value.dict.values());
  }
  return Array.from(reached).sort(
    (one, other) => one.objectNumber - other.objectNumber || one.generationNumber - other.generationNumber,
  );
}

/** Arrays can be longer than a call may have arguments. */
function pushAll(waiting: PDFObject[], values: PDFObject[]): void {
  for (const value of values) waiting.push(value);
}
