import { PDFDict, PDFName, type PDFContext, type PDFRef } from '@cantoo/pdf-lib';
import { entryOf } from './pageBox.ts';
import type { SourcePage } from './sourceDocument.ts';

/** What the pages draw with, and our two forms under names that none of them uses. */
export interface PageResources {
  names: { line: string; text: string };
  /** One object for all pages that share theirs: it stays in the body, so that a copy need not carry it. */
  of(page: SourcePage): PDFRef;
}

export function pageResources(
  context: PDFContext,
  pages: SourcePage[],
  forms: { line: PDFRef; text: PDFRef },
): PageResources {
  const originals = pages.map(({ dict }) => resourcesOf(dict));
  const taken = new Set(
    originals.flatMap((original) => (original ? Array.from(formsOf(original)?.keys() ?? []) : [])),
  );
  const free = (wanted: string) => {
    let name = wanted;
    for (let count = 0; taken.has(PDFName.of(name)); count += 1) name = `${wanted}${count}`;
    return name;
  };
  const names = { line: free('CpA'), text: free('CpB') };
  const extended = new Map<PDFDict | undefined, PDFRef>();
  return {
    names,
    of({ dict }) {
      const original = resourcesOf(dict);
      const known = extended.get(original);
      if (known) return known;
      const resources = original ? original.clone() : PDFDict.withContext(context);
      const xObjects = (original && formsOf(original))?.clone() ?? PDFDict.withContext(context);
      xObjects.set(PDFName.of(names.line), forms.line);
      xObjects.set(PDFName.of(names.text), forms.text);
      resources.set(PDFName.of('XObject'), xObjects);
      const ref = context.register(resources);
      extended.set(original, ref);
      return ref;
    },
  };
}

function resourcesOf(page: PDFDict): PDFDict | undefined {
  const resources = entryOf(page, 'Resources');
  return resources instanceof PDFDict ? resources : undefined;
}

function formsOf(resources: PDFDict): PDFDict | undefined {
  const forms = resources.lookup(PDFName.of('XObject'));
  return forms instanceof PDFDict ? forms : undefined;
}
