/** A stretch of a line that runs one way, in one script. */
export interface VisualRun {
  text: string;
  direction: 'ltr' | 'rtl';
}

const rightToLeft = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const letterOrDigit = /[\p{L}\p{M}\p{N}]/u;
const digit = /\p{Nd}/u;
const mirrored: Record<string, string> = {
  '(': ')',
  ')': '(',
  '[': ']',
  ']': '[',
  '<': '>',
  '>': '<',
  '«': '»',
  '»': '«',
};

/**
 * The runs of a line from left to right, as they are drawn: the Unicode Bidirectional Algorithm (UAX 9) without its
 * explicit marks, which never get this far (`domain/printableText.ts`). The line's own direction is that of its first letter.
 */
export function visualRuns(line: string): VisualRun[] {
  const characters = Array.from(line);
  const kinds = Array.from(line.split(/(\s+)/u), kindsOfWord).flat();
  const base = kinds.find((kind) => kind !== 'neutral' && kind !== 'digit') === 'rtl' ? 1 : 0;
  const levels = levelsOf(kinds, base);
  const runs: { text: string; level: number }[] = [];
  for (const [index, character] of characters.entries()) {
    const level = levels[index] ?? base;
    const last = runs.at(-1);
    if (last?.level === level) last.text += character;
    else runs.push({ text: character, level });
  }
  return reordered(runs)
    .flatMap(({ text, level }) => {
      const isRtl = level % 2 === 1;
      const parts = scriptRuns(isRtl ? Array.from(text, (one) => mirrored[one] ?? one).join('') : text);
      return (isRtl ? parts.toReversed() : parts).map((part) => ({ text: part, rtl: isRtl }));
    })
    .map(({ text, rtl }) => ({ text, direction: rtl ? 'rtl' : 'ltr' }));
}

type Kind = 'ltr' | 'rtl' | 'digit' | 'neutral';

/** Beyond the rules: an order's number, letters and digits, stays in one piece beside a name from right to left. */
function kindsOfWord(word: string): Kind[] {
  const kinds = Array.from(word, kindOf);
  const isLatin = kinds.includes('ltr') && !kinds.includes('rtl');
  return isLatin ? kinds.map((kind) => (kind === 'digit' ? 'ltr' : kind)) : kinds;
}

function kindOf(character: string): Kind {
  if (digit.test(character)) return 'digit';
  if (rightToLeft.test(character)) return 'rtl';
  return letterOrDigit.test(character) ? 'ltr' : 'neutral';
}

/** Rules W7, N1, N2, I1 and I2. */
function levelsOf(kinds: Kind[], base: 0 | 1): number[] {
  const before: ('ltr' | 'rtl')[] = [];
  let strong: 'ltr' | 'rtl' = base === 1 ? 'rtl' : 'ltr';
  for (const kind of kinds) {
    if (kind === 'ltr' || kind === 'rtl') strong = kind;
    before.push(strong);
  }
  const baseWay = base === 1 ? 'rtl' : 'ltr';
  const ways = kinds.map((kind, index) => (kind === 'neutral' ? undefined : (before[index] ?? baseWay)));
  return kinds.map((kind, index) => {
    if (kind === 'digit') return before[index] === 'rtl' ? 2 : base * 2;
    const way = ways[index] ?? wayBetween(ways, index, baseWay);
    return way === 'rtl' ? 1 : base * 2;
  });
}

function wayBetween(ways: (Kind | undefined)[], index: number, baseWay: 'ltr' | 'rtl'): Kind {
  const left = ways.slice(0, index).findLast((way) => way !== undefined) ?? baseWay;
  const right = ways.slice(index + 1).find((way) => way !== undefined) ?? baseWay;
  return left === right ? left : baseWay;
}

/** Rule L2: from the highest level down, what lies at it or above is turned round. */
function reordered<Run extends { level: number }>(runs: Run[]): Run[] {
  const order = [...runs];
  for (let level = 2; level >= 1; level -= 1) {
    for (let start = 0; start < order.length; start += 1) {
      let end = start;
      while (end < order.length && (order[end]?.level ?? 0) >= level) end += 1;
      if (end > start + 1) order.splice(start, end - start, ...order.slice(start, end).toReversed());
      if (end > start) start = end;
    }
  }
  return order;
}

const scripts = (['Latin', 'Greek', 'Cyrillic', 'Arabic', 'Hebrew', 'Georgian', 'Armenian'] as const).map(
  (name) => new RegExp(`\\p{Script=${name}}`, 'u'),
);

/** A font shapes one script at a time; what belongs to none goes with what stands before it. */
function scriptRuns(text: string): string[] {
  const parts: { script: number; text: string }[] = [];
  for (const character of text) {
    const script = scripts.findIndex((one) => one.test(character));
    const last = parts.at(-1);
    if (last && (script < 0 || last.script < 0 || last.script === script)) {
      last.text += character;
      if (last.script < 0) last.script = script;
    } else parts.push({ script, text: character });
  }
  return parts.map((part) => part.text);
}
