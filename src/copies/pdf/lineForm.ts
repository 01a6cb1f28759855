import type { PlacedGlyph, StampFont } from './stampFont.ts';

/** The visible line, ready to be written into a form XObject. */
export interface LineForm {
  /** Operators that draw it from the origin to the right, at `lineSizePt`. */
  content: string;
  /** At `lineSizePt`. */
  widthPt: number;
  /** `/W` of the font: the glyphs that are used, and no more. */
  widths: string;
  /** The CMap by which the text is copied and searched. */
  toUnicode: string;
}

export const lineSizePt = 7.5;
/** Grey that stands out from white paper and from a black cover. */
export const markGray = 0.45;

/** @param fontName the resource's name in the form */
export function lineForm(line: string, font: StampFont, fontName: string): LineForm {
  const glyphs = font.place(line);
  const width = glyphs.reduce((sum, { advance }) => sum + advance, 0);
  const used = new Map(
    glyphs.toSorted((one, other) => one.id - other.id).map((glyph) => [glyph.id, glyph.text]),
  );
  return {
    content: `q ${markGray} g BT /${fontName} ${lineSizePt} Tf\n${showText(glyphs, font)}\nET Q`,
    widthPt: (width * lineSizePt) / 1000,
    widths: Array.from(used.keys(), (id) => `${id} [${round(font.widthOf(id))}]`).join(' '),
    toUnicode: toUnicodeMap(used),
  };
}

/** Text is moved along by `TJ` and up by `Ts`, so that it stays one line for whoever copies it. */
function showText(glyphs: PlacedGlyph[], font: StampFont): string {
  const shown: string[] = [];
  let array = '';
  let rise = 0;
  const flush = () => {
    if (array !== '') shown.push(`[${array}] TJ`);
    array = '';
  };
  const move = (thousandths: number) => {
    if (Math.abs(thousandths) >= 0.5) array += ` ${round(-thousandths)} `;
  };
  for (const { id, advance, xOffset, yOffset } of glyphs) {
    if (Math.abs(yOffset - rise) >= 0.5) {
      flush();
      rise = yOffset;
      shown.push(`${round((rise * lineSizePt) / 1000)} Ts`);
    }
    move(xOffset);
    array += `<${hex(id)}>`;
    move(advance - xOffset - font.widthOf(id));
  }
  flush();
  return shown.join('\n');
}

/** ISO 32000-1, 9.10.3. At most a hundred entries stand together. */
function toUnicodeMap(used: Map<number, string>): string {
  const entries = Array.from(used, ([id, text]) => `<${hex(id)}> <${utf16(text)}>`);
  const blocks = [];
  for (let start = 0; start < entries.length; start += 100) {
    const block = entries.slice(start, start + 100);
    blocks.push(`${block.length} beginbfchar\n${block.join('\n')}\nendbfchar`);
  }
  return [
    '/CIDInit /ProcSet findresource begin 12 dict begin begincmap',
    '/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def',
    '/CMapName /Adobe-Identity-UCS def /CMapType 2 def',
    '1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange',
    ...blocks,
    'endcmap CMapName currentdict /CMap defineresource pop end end',
  ].join('\n');
}

function hex(id: number): string {
  return id.toString(16).padStart(4, '0');
}

function utf16(text: string): string {
  return Array.from({ length: text.length }, (_, index) => hex(text.charCodeAt(index))).join('');
}

/** Short, and the same on every machine. */
export function round(number: number): string {
  return String(Math.round(number * 1000) / 1000);
}
