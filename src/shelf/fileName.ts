import type { Format } from '../domain/effectKey.ts';
import { printableText } from '../domain/printableText.ts';

const forbiddenInNames = /[/\\:*?"<>|\uFFFD]/g;
const reservedOnWindows = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;

/** File systems end names at 255 bytes; browsers add " (1)" and the like. */
const baseBytesMax = 180;
const baseGraphemesMax = 120;

function fitting(text: string): string {
  let bytes = 0;
  let kept = '';
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)) {
    bytes += Buffer.byteLength(segment);
    if (bytes > baseBytesMax) break;
    kept += segment;
  }
  return kept;
}

/** The name under which a buyer saves a book: its title in its own script, safe on every file system. */
export function downloadFileName(title: string, format: Format): string {
  const readable = printableText(title, baseGraphemesMax)
    .replaceAll(forbiddenInNames, ' ')
    .replaceAll(/ {2,}/g, ' ')
    .replace(/^[. ]+/, '');
  const base = fitting(readable).replace(/[. ]+$/, '');
  if (base === '') return `ebook.${format}`;
  return reservedOnWindows.test(base) ? `_${base}.${format}` : `${base}.${format}`;
}
