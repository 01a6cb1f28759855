import { PDFArray, PDFDict, PDFName, PDFNumber, type PDFObject } from '@cantoo/pdf-lib';

/** What of a page is seen, in the coordinates of its contents. */
export interface PageBox {
  /** To the contents' coordinates from those of the page as it is seen: upright, origin at its lower left corner. */
  matrix: readonly [number, number, number, number, number, number];
  /** Of the page as it is seen, in the contents' units. */
  width: number;
  height: number;
  /** One of the contents' units, in points of 1/72 inch. */
  unitPt: number;
}

/** ISO 32000-1, 7.7.3.3: entries that pages inherit. */
export const inheritedEntries = ['Resources', 'MediaBox', 'CropBox', 'Rotate'] as const;

type Rectangle = readonly [number, number, number, number];

const letter: Rectangle = [0, 0, 612, 792];
/** Beyond these no viewer shows anything (ISO 32000-1, annex C). */
const coordinateMax = 1_000_000;

/** @param entry reads an entry of the page, resolved and inherited */
export function pageBoxOf(entry: (name: string) => PDFObject | undefined): PageBox {
  const media = rectangleOf(entry('MediaBox')) ?? letter;
  const crop = rectangleOf(entry('CropBox'));
  const [x0, y0, x1, y1] = (crop && overlapOf(media, crop)) ?? media;
  const turned = turnOf(entry('Rotate'));
  const [wide, high] = [x1 - x0, y1 - y0];
  const matrix = {
    0: [1, 0, 0, 1, x0, y0],
    90: [0, 1, -1, 0, x1, y0],
    180: [-1, 0, 0, -1, x1, y1],
    270: [0, -1, 1, 0, x0, y1],
  } as const;
  const upright = turned % 180 === 0;
  const unit = numberOf(entry('UserUnit'));
  return {
    matrix: matrix[turned],
    width: upright ? wide : high,
    height: upright ? high : wide,
    unitPt: unit !== undefined && unit > 0 && unit <= 75_000 ? unit : 1,
  };
}

/** With the inheritance of the page tree, whose loops end after a while. */
export function entryOf(page: PDFDict, name: string): PDFObject | undefined {
  const key = PDFName.of(name);
  let node: PDFDict | undefined = page;
  for (let depth = 0; node && depth < 100; depth += 1) {
    const value = node.lookup(key);
    if (value !== undefined) return value;
    if (!(inheritedEntries as readonly string[]).includes(name)) return undefined;
    const parent: PDFObject | undefined = node.lookup(PDFName.of('Parent'));
    node = parent instanceof PDFDict ? parent : undefined;
  }
  return undefined;
}

function rectangleOf(value: PDFObject | undefined): Rectangle | undefined {
  if (!(value instanceof PDFArray) || value.size() < 4) return undefined;
  const [a, b, c, d] = [0, 1, 2, 3].map((index) => numberOf(value.lookup(index)));
  if (a === undefined || b === undefined || c === undefined || d === undefined) return undefined;
  const box = [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)] as const;
  const sound =
    box.every((number) => Math.abs(number) <= coordinateMax) && box[2] - box[0] >= 1 && box[3] - box[1] >= 1;
  return sound ? box : undefined;
}

function overlapOf(one: Rectangle, other: Rectangle): Rectangle | undefined {
  const box = [
    Math.max(one[0], other[0]),
    Math.max(one[1], other[1]),
    Math.min(one[2], other[2]),
    Math.min(one[3], other[3]),
  ] as const;
  return box[2] - box[0] >= 1 && box[3] - box[1] >= 1 ? box : undefined;
}

function turnOf(value: PDFObject | undefined): 0 | 90 | 180 | 270 {
  const turned = (((numberOf(value) ?? 0) % 360) + 360) % 360;
  return turned === 90 || turned === 180 || turned === 270 ? turned : 0;
}

function numberOf(value: PDFObject | undefined): number | undefined {
  if (!(value instanceof PDFNumber)) return undefined;
  const number = value.asNumber();
  return Number.isFinite(number) ? number : undefined;
}
