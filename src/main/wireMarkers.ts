import { createEpubMarker } from '../copies/epub/epubMarker.ts';
import { createPdfMarker } from '../copies/pdf/pdfMarker.ts';
import type { Format } from '../domain/effectKey.ts';
import type { BookMarker } from '../ports/bookMarking.ts';

/** How copies of each format are marked. */
export const createMarkers = (): Record<Format, BookMarker> => ({
  pdf: createPdfMarker(),
  epub: createEpubMarker(),
});
