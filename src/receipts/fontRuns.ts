import type { ReceiptFont } from './layoutMemory.ts';

/** Whether a font has all glyphs of a text. */
export type Coverage = Pick<ReceiptFont, 'covers'>;

export type Face = 'primary' | 'others';

export interface FontRun {
  face: Face;
  text: string;
}

/** Printed where no font has a glyph: visible, so that nobody takes the text for complete. */
export const missingGlyph = '□';

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const joiners = /\u200C|\u200D|\uFE0E|\uFE0F/gu;

/** Splits a text by the font that can print it, grapheme by grapheme, so that no accent is torn from its letter. */
export function fontRuns(text: string, fonts: { primary: Coverage; others: Coverage }): FontRun[] {
  if (fonts.primary.covers(text)) return [{ face: 'primary', text }];
  const runs: FontRun[] = [];
  for (const { segment } of graphemes.segment(text)) {
    const last = runs.at(-1);
    const next = printableBy(segment, fonts, last?.face);
    if (last?.face === next.face) last.text += next.text;
    else runs.push(...withSpaceMoved(last, next));
  }
  return runs;
}

/** A space at the end of a run from right to left would be printed at its left: it belongs to what follows. */
function withSpaceMoved(last: FontRun | undefined, next: FontRun): FontRun[] {
  if (last?.face !== 'others' || !last.text.endsWith(' ')) return [next];
  last.text = last.text.trimEnd();
  return [{ ...next, text: ` ${next.text}` }];
}

function printableBy(
  grapheme: string,
  { primary, others }: { primary: Coverage; others: Coverage },
  current: Face | undefined,
): FontRun {
  // A space goes with its neighbour, so that a text of two Hebrew words is shaped as one and keeps its order.
  if (grapheme === ' ' && current) return { face: current, text: grapheme };
  const bare = grapheme.replace(joiners, '');
  if (primary.covers(bare)) return { face: 'primary', text: bare };
  if (others.covers(grapheme)) return { face: 'others', text: grapheme };
  if (others.covers(bare)) return { face: 'others', text: bare };
  return { face: 'primary', text: missingGlyph };
}
