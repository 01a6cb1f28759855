import type { ReceiptFonts } from './fonts.ts';
import { fontRuns } from './fontRuns.ts';
import type { FontRun } from './fontRuns.ts';

export interface TextStyle {
  /** In points. */
  size: number;
  colour: string;
  strong?: boolean;
}

export interface TextPlace {
  x: number;
  /** Top of the line, in points from the top of the page. */
  y: number;
  width: number;
  align?: 'left' | 'right';
}

/** Measures, wraps and sets single lines of text, each letter in the first font that has it. */
export interface Typesetter {
  widthOf(text: string, style: TextStyle): number;
  /** Lines that fit the width; what does not fit the last of them ends in an ellipsis. */
  wrap(text: string, style: TextStyle, room: { width: number; linesMax: number }): string[];
  /** Sets one line. */
  set(text: string, style: TextStyle, place: TextPlace): void;
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Distance from one baseline to the next, in points. */
export const leading = (style: TextStyle) => style.size * 1.45;

export function createTypesetter(pdf: PDFKit.PDFDocument, fonts: ReceiptFonts): Typesetter {
  // pdfkit takes a parsed font as well as a file; its types know files only.
  for (const [name, font] of Object.entries(fonts)) {
    pdf.registerFont(name, font.font);
  }

  const primaryOf = (style: TextStyle) => (style.strong ? 'strong' : 'regular');

  const runsOf = (text: string, style: TextStyle) =>
    fontRuns(text, { primary: fonts[primaryOf(style)], others: fonts.others });

  const fontName = (run: FontRun, style: TextStyle) => (run.face === 'primary' ? primaryOf(style) : 'others');

  const runWidth = (run: FontRun, style: TextStyle) =>
    fonts[fontName(run, style)].widthOf(run.text) * style.size;

  const widthOf = (text: string, style: TextStyle) =>
    runsOf(text, style).reduce((sum, run) => sum + runWidth(run, style), 0);

  const set = (text: string, style: TextStyle, { x, y, width, align }: TextPlace) => {
    const runs = runsOf(text, style).map((run) => ({ run, width: runWidth(run, style) }));
    const total = runs.reduce((sum, run) => sum + run.width, 0);
    const baseline = y + style.size * 1.06;
    let at = align === 'right' ? x + width - total : x;
    pdf.fillColor(style.colour);
    for (const { run, width: advance } of runs) {
      pdf.font(fontName(run, style), style.size);
      pdf.text(run.text, at, baseline, { lineBreak: false, baseline: 'alphabetic', features: [] });
      at += advance;
    }
  };

  const wrap: Typesetter['wrap'] = (text, style, { width, linesMax }) => {
    const fits = (line: string) => widthOf(line, style) <= width;
    const lines = foldLines(text, fits);
    if (lines.length <= linesMax) return lines;
    const kept = lines.slice(0, linesMax);
    return [...kept.slice(0, -1), withEllipsis(kept.at(-1) ?? '', fits)];
  };

  return { widthOf, wrap, set };
}

/** A word and the spaces behind it. A no-break space is no place to break. */
const breakable = /(?:\S|\u00A0)+[^\S\u00A0]*/g;

/** Breaks at spaces; a word longer than a line is broken between graphemes. */
function foldLines(text: string, fits: (line: string) => boolean): string[] {
  if (fits(text)) return [text];
  const lines: string[] = [];
  let line = '';
  const add = (piece: string) => {
    if (line && !fits(line + piece)) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += piece;
  };
  for (const word of text.match(breakable) ?? []) {
    if (fits(word.trimEnd())) add(word);
    else for (const { segment } of graphemes.segment(word)) add(segment);
  }
  return [...lines, line.trimEnd()].filter(Boolean);
}

function withEllipsis(line: string, fits: (line: string) => boolean): string {
  const letters = Array.from(graphemes.segment(line), ({ segment }) => segment);
  while (letters.length && !fits(`${letters.join('')}…`)) letters.pop();
  return `${letters.join('').trimEnd()}…`;
}
