import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { create, type Font } from 'fontkit';
import { visualRuns, type VisualRun } from './visualRuns.ts';

/** A glyph and where it stands, in thousandths of the font's size. */
export interface PlacedGlyph {
  id: number;
  /** The characters it stands for. */
  text: string;
  advance: number;
  xOffset: number;
  yOffset: number;
}

export interface FontShape {
  name: string;
  ascent: number;
  descent: number;
  capHeight: number;
  italicAngle: number;
  box: readonly [number, number, number, number];
  /** Of the characters from 32 to 126. */
  asciiWidths: number[];
}

/** The one font of the visible line. Opened when it is first needed, and kept by whoever made this. */
export interface StampFont {
  draws(character: string): boolean;
  /** From left to right as it is drawn, joined and with marks in place. */
  place(line: string): PlacedGlyph[];
  /** The glyph's own width, in thousandths. */
  widthOf(glyphId: number): number;
  shape(): FontShape;
  /** The file, to be embedded. */
  program(): Buffer;
}

/** DejaVu Sans: Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew and Arabic in one file under a free licence. */
const fontFile = 'dejavu-fonts-ttf/ttf/DejaVuSans.ttf';

/** Scripts whose letters neither join nor carry marks of their own. */
const plainText =
  /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Armenian}\p{Script=Georgian}\p{Script=Common}]*$/u;

export function createStampFont(): StampFont {
  let opened: { font: Font; bytes: Buffer } | undefined;
  const open = () => (opened ??= openFont());
  const thousandths = (units: number) => (units * 1000) / open().font.unitsPerEm;

  // As many as the font has characters at most.
  const known = new Map<string, PlacedGlyph>();
  const widths = new Map<number, number>();

  /** Letters that stand side by side as they are: no need of the font's rules, which take milliseconds. */
  function placePlainly(text: string): PlacedGlyph[] {
    return Array.from(text, (character) => {
      const found = known.get(character);
      if (found) return found;
      const glyph = open().font.glyphForCodePoint(character.codePointAt(0) ?? 0);
      const advance = thousandths(glyph.advanceWidth);
      const placed = { id: glyph.id, text: character, advance, xOffset: 0, yOffset: 0 };
      known.set(character, placed);
      return placed;
    });
  }

  function placeRun({ text, direction }: VisualRun): PlacedGlyph[] {
    if (direction === 'ltr' && plainText.test(text)) return placePlainly(text);
    // Ligatures that are only for looks would make it harder to search for the line's words.
    const run = open().font.layout(
      text,
      { liga: false, dlig: false, clig: false },
      undefined,
      undefined,
      direction,
    );
    return run.glyphs.map((glyph, index) => {
      const position = run.positions[index];
      return {
        id: glyph.id,
        text: String.fromCodePoint(...glyph.codePoints),
        advance: thousandths(position?.xAdvance ?? glyph.advanceWidth),
        xOffset: thousandths(position?.xOffset ?? 0),
        yOffset: thousandths(position?.yOffset ?? 0),
      };
    });
  }

  return {
    draws: (character) => open().font.hasGlyphForCodePoint(character.codePointAt(0) ?? 0),
    place: (line) => visualRuns(line).flatMap(placeRun),
    widthOf(glyphId) {
      const width = widths.get(glyphId) ?? thousandths(open().font.getGlyph(glyphId).advanceWidth);
      widths.set(glyphId, width);
      return width;
    },
    program: () => open().bytes,
    shape() {
      const { font } = open();
      const { minX, minY, maxX, maxY } = font.bbox;
      return {
        name: font.postscriptName ?? 'StampFont',
        ascent: Math.round(thousandths(font.ascent)),
        descent: Math.round(thousandths(font.descent)),
        // Not told by this font's tables.
        capHeight: Math.round(thousandths(font.glyphForCodePoint(72).bbox.maxY)),
        italicAngle: font.italicAngle,
        box: [minX, minY, maxX, maxY].map((units) => Math.round(thousandths(units))) as [
          number,
          number,
          number,
          number,
        ],
        asciiWidths: Array.from({ length: 95 }, (_, index) =>
          Math.round(thousandths(font.glyphForCodePoint(32 + index).advanceWidth)),
        ),
      };
    },
  };
}

function openFont(): { font: Font; bytes: Buffer } {
  const bytes = readFileSync(createRequire(import.meta.url).resolve(fontFile));
  const font = create(bytes);
  if (!('layout' in font)) throw new TypeError(`${fontFile} is a collection, not a font.`);
  return { font, bytes };
}
