import type { PDFContext } from '@cantoo/pdf-lib';
import { PDFDict } from '@cantoo/pdf-lib';
import { infoEntries } from './infoEntries.ts';
import type { LastSection } from './lastSection.ts';
import { metadataRefOf, metadataSlot } from './metadataSlot.ts';
import { packRecipe, type HiddenRecipe } from './recipe.ts';

/**
 * The recipe of tails that follow the file as it is and mark the document alone. Not a byte of the file changes, so that
 * signatures in it stay whole. The catalogue is left alone, too: a certified document may allow no other.
 */
export function hiddenRecipe(
  section: LastSection,
  { context, bodySizeBytes }: { context: PDFContext | undefined; bodySizeBytes: number },
): Buffer {
  const known = context?.lookup(section.info);
  const catalog = context?.lookup(section.root);
  const metadataRef = catalog instanceof PDFDict ? metadataRefOf(catalog) : undefined;
  const size = Math.max(section.size, (context?.largestObjectNumber ?? 0) + 1);
  const recipe: HiddenRecipe = {
    format: 1,
    kind: 'hidden',
    xref: section.kind,
    bodySizeBytes,
    previousXref: section.offset,
    size: section.info ? size : size + 1,
    root: { number: section.root.objectNumber, generation: section.root.generationNumber },
    info: section.info
      ? {
          id: { number: section.info.objectNumber, generation: section.info.generationNumber },
          // What could not be read must not be overwritten.
          entries: known instanceof PDFDict ? infoEntries(known) : null,
        }
      : { id: { number: size, generation: 0 }, entries: '' },
    metadata:
      context && metadataRef && context.lookup(metadataRef) ? metadataSlot(context, metadataRef) : null,
  };
  return packRecipe(recipe, new Uint8Array());
}
