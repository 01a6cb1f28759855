/** A thin rule, like the one above a footnote, whose lengths between its points spell out bytes. */

/** Points per step: many times what programs round coordinates to when they write a page anew. */
const stepPt = 0.12;
/** Off the straight line, seen by nobody; without it some programs join the pieces into one. */
const swayPt = 0.03;
/** Steps of the first pieces: they tell the scale, and where the bytes begin. */
const head = [20, 4, 20] as const;
const headSteps = 44;

/** Lengths of the pieces in steps: the head, then each half byte plus one. */
function stepsOf(bytes: Uint8Array): number[] {
  return [...head, ...Array.from(bytes, (byte) => [(byte >> 4) + 1, (byte & 15) + 1]).flat()];
}

export function ruleWidthPt(bytes: Uint8Array): number {
  return stepsOf(bytes).reduce((sum, steps) => sum + steps, 0) * stepPt;
}

/** The path from the origin to the right, as operators of a content stream. */
export function rulePath(bytes: Uint8Array): string {
  let steps = 0;
  const points = stepsOf(bytes).map((piece, index) => {
    steps += piece;
    return `${(steps * stepPt).toFixed(2)} ${index % 2 === 0 ? swayPt : 0} l`;
  });
  return `0 0 m\n${points.join('\n')}\nS`;
}

export interface Point {
  x: number;
  y: number;
}

/** The bytes that a line spells out, whatever its scale, place and direction; undefined when it is none of ours. */
export function readRule(points: Point[]): Buffer | undefined {
  return readPieces(piecesOf(points)) ?? readPieces(piecesOf(points.toReversed()));
}

/** Lengths along the line from the first point to the last. */
function piecesOf(points: Point[]): number[] {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return [];
  const length = Math.hypot(last.x - first.x, last.y - first.y);
  const along = { x: (last.x - first.x) / length, y: (last.y - first.y) / length };
  return points.slice(1).map((point, index) => {
    const before = points[index] ?? first;
    return (point.x - before.x) * along.x + (point.y - before.y) * along.y;
  });
}

function readPieces(pieces: number[]): Buffer | undefined {
  const scale = pieces.slice(0, head.length).reduce((sum, piece) => sum + piece, 0) / headSteps;
  if (!(scale > 0) || head.some((steps, index) => Math.round((pieces[index] ?? 0) / scale) !== steps)) {
    return undefined;
  }
  const halves = pieces.slice(head.length).map((piece) => Math.round(piece / scale) - 1);
  if (halves.some((half) => half < 0 || half > 15)) return undefined;
  return Buffer.from(halves.map((half) => half.toString(16)).join(''), 'hex');
}
