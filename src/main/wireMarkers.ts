import { createPdfMarker } from '../copies/pdf/pdfMarker.ts';
import type { Format } from '../domain/effectKey.ts';
import { Fault } from '../domain/fault.ts';
import type { BookMarker } from '../ports/bookMarking.ts';

/** How copies of each format are marked. */
export const createMarkers = (): Record<Format, BookMarker> => ({
  pdf: createPdfMarker(),
  epub: unmarkedEpubs,
});

/** EPUBs as they are, for shops whose policy accepts that. */
const unmarkedEpubs: BookMarker = {
  format: 'epub',
  revision: 0,
  prepare: () =>
    Promise.resolve({
      way: 'plain',
      reach: 'none',
      pageCount: null,
      findings: [
        { code: 'not_marked', severity: 'warning', message: 'EPUBs are not marked by this release.' },
      ],
      shared: null,
    }),
  tailOf: () => new Uint8Array(),
  rewrite: () =>
    Promise.reject(
      new Fault({
        kind: 'permanent',
        reason: 'copy_failed',
        message: 'EPUBs are not marked by this release.',
      }),
    ),
  findMarks: () => Promise.resolve([]),
};
