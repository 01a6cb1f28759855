import type { Format } from './effectKey.ts';

/** As registered with IANA. */
export const bookContentTypes: Record<Format, string> = {
  pdf: 'application/pdf',
  epub: 'application/epub+zip',
};
