/**
 * Text from outside, made fit to print on one line of a receipt, a mail or a page: whitespace becomes single spaces;
 * control characters, invisible characters and bidi overrides vanish; at most three marks stand on one character;
 * and the whole is cut at a character as people count them (a grapheme), with an ellipsis.
 */

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Joiners and variation selectors are invisible too, but Persian, Indic scripts and emoji need them. */
const invisible =
  /(?!\u200C|\u200D|\uFE0E|\uFE0F)[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu;
const whitespace = /[\s\u0085]+/gu;
const stackedMarks = /(\p{M}{3})\p{M}+/gu;
const somethingToSee = /(?!\u200C|\u200D|\uFE0E|\uFE0F)\S/u;

/** Longest grapheme that is kept, in code units; a family emoji has 11. Longer ones are chains made to do harm. */
const graphemeMaxUnits = 32;

/** How much of a text is looked at, in code units, however little of it may be kept. */
const boundUnits = 20_000;

function cut(text: string, maxGraphemes: number): string {
  let kept = '';
  let count = 0;
  for (const { segment } of graphemes.segment(text)) {
    count += 1;
    if (count > maxGraphemes) return `${withoutLast(kept)}…`;
    kept += segment.length > graphemeMaxUnits ? '\uFFFD' : segment;
  }
  return kept;
}

function withoutLast(text: string): string {
  const all = Array.from(graphemes.segment(text), ({ segment }) => segment);
  return all.slice(0, -1).join('').trimEnd();
}

/**
 * @param maxGraphemes longest result, counting the ellipsis
 * @returns the text, or an empty string when nothing visible is left
 */
export function printableText(text: string, maxGraphemes: number): string {
  // Without a bound, megabytes of a hostile name would be searched and segmented for nothing.
  const bounded = text.slice(0, Math.max(maxGraphemes * 64, boundUnits));
  const clean = bounded
    .replace(/\p{Surrogate}/gu, '\uFFFD')
    .replace(whitespace, ' ')
    .replace(invisible, '')
    .normalize('NFC')
    .replace(stackedMarks, '$1')
    .replace(/ {2,}/g, ' ')
    .trim();
  return somethingToSee.test(clean) ? cut(clean, maxGraphemes) : '';
}
