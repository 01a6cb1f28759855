/** Stands between the parts of a line (`copies/markLine.ts`). */
const separator = ' · ';

const letter = /[\p{L}\p{N}]/u;

/**
 * What of a line can be drawn. A sign that no font here has (a heart, a flag) is left out of its name. A name in
 * letters that no font here has would be left with holes, so the part of the line in which it stands is left out whole;
 * the part with the order's number stays. Where the line has one part only, the words that cannot be drawn are left out.
 */
export function drawableLine(line: string, draws: (character: string) => boolean): string {
  const normal = line.normalize('NFC');
  const parts = normal.split(separator).map((part) => withoutSigns(part, draws));
  const whole = parts.filter((part) => part !== '' && isDrawable(part, draws));
  if (whole.length > 0) return whole.join(separator);
  return normal
    .split(/\s+/u)
    .map((word) => withoutSigns(word, draws))
    .filter((word) => word !== '' && isDrawable(word, draws))
    .join(' ');
}

function isDrawable(text: string, draws: (character: string) => boolean): boolean {
  return Array.from(text).every(draws);
}

/** Without what is no letter and cannot be drawn. */
function withoutSigns(text: string, draws: (character: string) => boolean): string {
  return Array.from(text)
    .filter((character) => draws(character) || letter.test(character))
    .join('')
    .replace(/\s+/gu, ' ')
    .trim();
}
