const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The first characters of a text, fewer of a short one, and dots that do not tell how many follow. */
function beginning(text: string, charactersMax: number): string {
  const all = Array.from(graphemes.segment(text), ({ segment }) => segment);
  const shown = Math.min(charactersMax, Math.floor((all.length - 1) / 2));
  return `${all.slice(0, Math.max(0, shown)).join('')}•••`;
}

/**
 * An address as staff see it unless they reveal it: `an•••@gm•••.com`. Enough to tell two buyers apart who are on the
 * line, too little to write to.
 */
export function maskEmail(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  const dot = domain.lastIndexOf('.');
  if (at < 1 || dot < 1) return '•••';
  return `${beginning(address.slice(0, at), 2)}@${beginning(domain.slice(0, dot), 2)}${domain.slice(dot)}`;
}
