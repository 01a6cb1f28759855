import type { Font, GlyphPosition, GlyphRun } from 'fontkit';

/** Words whose glyphs are remembered, per font. Labels and amounts repeat from receipt to receipt. */
const rememberedMax = 4_000;

/** Longer pieces are laid out and forgotten. */
const rememberedLength = 40;

/** `calt` would turn "->" into an arrow and "3x4" into "3×4"; a receipt prints what was written. */
const proseFeatures = { calt: false };
/** Figures of equal width, so that columns of amounts stand straight. */
const figureFeatures = { calt: false, tnum: true };
const figures = /^[\d\s.,%−]+$/;

/** Scripts whose words run from right to left: such a text is laid out whole, not word by word. */
const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

interface Run {
  glyphs: GlyphRun['glyphs'];
  positions: GlyphPosition[];
  advanceWidth: number;
}

/** A font that remembers how its words were shaped, which is most of the work of a receipt. */
export interface ReceiptFont {
  /** For pdfkit. It scales positions in place, so every `layout` of this font is a fresh copy. */
  font: Font;
  /** Width of a text in points at size 1. */
  widthOf(text: string): number;
  covers(text: string): boolean;
}

export function rememberingLayouts(font: Font): ReceiptFont {
  const known = new Map<string, Run>();

  const shaped = (word: string): Run => {
    const remembered = known.get(word);
    if (remembered) return remembered;
    const run = shape(font, word);
    if (known.size >= rememberedMax) known.clear();
    if (word.length <= rememberedLength) known.set(word, run);
    return run;
  };

  const runsOf = (text: string) => {
    const words = rightToLeft.test(text) ? [text] : (text.match(/\S*\s?/g) ?? []);
    return words.filter(Boolean).map(shaped);
  };

  const widthIn = (runs: readonly Run[]) => runs.reduce((sum, run) => sum + run.advanceWidth, 0);

  const layout = (text: string) => {
    const runs = runsOf(text);
    return {
      glyphs: runs.flatMap((run) => run.glyphs),
      positions: runs.flatMap((run) => run.positions.map((position) => ({ ...position }))),
      // pdfkit, its only caller, has scaled the positions by now and wants their sum.
      get advanceWidth() {
        return this.positions.reduce((sum, position) => sum + position.xAdvance, 0);
      },
    };
  };

  return {
    font: Object.create(font, { layout: { value: layout } }) as Font,
    widthOf: (text) => widthIn(runsOf(text)) / font.unitsPerEm,
    covers: (text) =>
      Array.from(text).every((character) => font.hasGlyphForCodePoint(character.codePointAt(0) ?? 0)),
  };
}

function shape(font: Font, word: string): Run {
  try {
    const { glyphs, positions } = font.layout(word, figures.test(word) ? figureFeatures : proseFeatures);
    return runOf(glyphs, positions);
  } catch {
    // A shaping rule that trips over a rare sequence must not cost the buyer the receipt: plain glyphs, side by side.
    const glyphs = font.glyphsForString(word);
    const positions = glyphs.map((glyph) => ({
      xAdvance: glyph.advanceWidth,
      yAdvance: 0,
      xOffset: 0,
      yOffset: 0,
    }));
    return runOf(glyphs, positions);
  }
}

function runOf(glyphs: GlyphRun['glyphs'], positions: GlyphPosition[]): Run {
  return { glyphs, positions, advanceWidth: positions.reduce((sum, { xAdvance }) => sum + xAdvance, 0) };
}
