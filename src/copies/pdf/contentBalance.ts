/** What the contents of a page leave open when they end. */
export interface ContentBalance {
  /** What closes it: ends of strings, arrays and dictionaries, of text, of marked content, of graphics states. */
  closing: string;
  /** Places of `Q` operators that restore a graphics state nobody saved; viewers skip them. */
  strayRestores: number[];
}

const whitespace = new Set([0, 9, 10, 12, 13, 32]);
const delimiters = new Set(Buffer.from('()<>[]{}/%', 'latin1'));
const [openParen, closeParen, backslash, less, greater, percent, slash] = Buffer.from(
  '()\\<>%/',
  'latin1',
) as unknown as [number, number, number, number, number, number, number];

/** Reads the operators of a page's contents that open and close something (ISO 32000-1, 8.2). */
export function balanceOf(content: Uint8Array): ContentBalance {
  const strayRestores: number[] = [];
  let saved = 0;
  let marked = 0;
  let inText = false;
  const unfinished: string[] = [];
  for (const { start, word } of operatorsOf(content, unfinished)) {
    if (word === 'q') saved += 1;
    else if (word === 'Q' && saved > 0) saved -= 1;
    else if (word === 'Q') strayRestores.push(start);
    else if (word === 'BT') inText = true;
    else if (word === 'ET') inText = false;
    else if (word === 'BMC' || word === 'BDC') marked += 1;
    else if (word === 'EMC') marked = Math.max(0, marked - 1);
  }
  const closing = [
    ...unfinished.toReversed(),
    ...(inText ? ['ET'] : []),
    ...Array<string>(marked).fill('EMC'),
    ...Array<string>(saved).fill('Q'),
  ];
  return { closing: closing.join(' '), strayRestores };
}

/** The same contents with the stray restores blanked out. */
export function withoutStrayRestores(content: Uint8Array, { strayRestores }: ContentBalance): Buffer {
  const cleaned = Buffer.from(content);
  for (const place of strayRestores) cleaned[place] = 32;
  return cleaned;
}

/**
 * @param unfinished gets what closes the strings, arrays and dictionaries that are still open at the end, the outermost
 * first: they would swallow the operators that follow
 */
function* operatorsOf(content: Uint8Array, unfinished: string[]): Generator<{ start: number; word: string }> {
  let at = 0;
  while (at < content.length) {
    const byte = content[at] ?? 0;
    if (byte === percent) at = endOfLine(content, at);
    else if (byte === openParen) at = endOfString(content, at, unfinished);
    else if (byte === less && content[at + 1] !== less) at = endOfHex(content, at, unfinished);
    else if (byte !== slash && (whitespace.has(byte) || delimiters.has(byte))) {
      at = endOfBracket(content, at, unfinished);
    } else {
      const start = at;
      at = endOfWord(content, at);
      // No operator that matters here is longer, and most words are numbers.
      if (at - start > 3 || byte === slash || (byte >= 0x2b && byte <= 0x39)) continue;
      const word = String.fromCharCode(...content.subarray(start, at));
      if (word === 'ID') at = endOfInlineImage(content, at);
      else yield { start, word };
    }
  }
}

function endOfWord(content: Uint8Array, from: number): number {
  let at = from + 1;
  while (at < content.length && !whitespace.has(content[at] ?? 0) && !delimiters.has(content[at] ?? 0))
    at += 1;
  return at;
}

const brackets: Record<string, string> = { '[': ']', '<<': '>>' };

/** Of a bracket, of a double one, or of whatever other sign stands alone. */
function endOfBracket(content: Uint8Array, at: number, unfinished: string[]): number {
  const byte = content[at] ?? 0;
  const isDouble = (byte === less || byte === greater) && content[at + 1] === byte;
  const bracket = String.fromCharCode(byte).repeat(isDouble ? 2 : 1);
  const closedBy = brackets[bracket];
  if (closedBy !== undefined) unfinished.push(closedBy);
  else if (bracket === unfinished.at(-1)) unfinished.pop();
  return at + bracket.length;
}

function endOfLine(content: Uint8Array, from: number): number {
  let at = from;
  while (at < content.length && content[at] !== 10 && content[at] !== 13) at += 1;
  return at;
}

function endOfString(content: Uint8Array, from: number, unfinished: string[]): number {
  let depth = 0;
  for (let at = from; at < content.length; at += 1) {
    const byte = content[at];
    if (byte === backslash) at += 1;
    else if (byte === openParen) depth += 1;
    else if (byte === closeParen && (depth -= 1) === 0) return at + 1;
  }
  unfinished.push(')'.repeat(depth));
  return content.length;
}

function endOfHex(content: Uint8Array, from: number, unfinished: string[]): number {
  const end = content.indexOf(greater, from);
  if (end < 0) unfinished.push('>');
  return end < 0 ? content.length : end + 1;
}

/** Its data may hold anything: it ends at an `EI` that stands alone and is followed by text. */
function endOfInlineImage(content: Uint8Array, from: number): number {
  for (let at = from + 1; at + 2 < content.length; at += 1) {
    if (content[at] !== 0x45 || content[at + 1] !== 0x49 || !whitespace.has(content[at - 1] ?? 0)) continue;
    const following = content.subarray(at + 2, at + 12);
    if (
      whitespace.has(following[0] ?? 0) &&
      following.every((byte) => byte < 127 && (byte >= 32 || whitespace.has(byte)))
    ) {
      return at + 2;
    }
  }
  return content.length;
}
