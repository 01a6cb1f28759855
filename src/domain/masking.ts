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

/** An address of which the domain is to be read, because it is what may be wrong: `an•••@gmial.com`. */
export function maskLocalPart(address: string): string {
  const at = address.lastIndexOf('@');
  return at < 1 ? '•••' : `${beginning(address.slice(0, at), 2)}${address.slice(at)}`;
}

const wordsMax = 4;

/** A name by its first letters: `A••• K•••`. */
export function maskName(name: string): string {
  const words = name.split(/\s+/u).filter((word) => word !== '');
  return words
    .slice(0, wordsMax)
    .map((word) => beginning(word, 1))
    .join(' ');
}

/** A number or name that stands for one person or company, by its beginning: `PL•••`. */
export const maskText = (text: string): string => beginning(text, 2);

/** What looks like an address, in a text that was written by people or programs. */
const addressLike = /[^\s<>()[\]"',;:@]{1,320}@[^\s<>()[\]"',;@]{1,320}/gu;

/** A text in which every address is masked, for what people type where no buyer's data belongs. */
export const maskAddressesIn = (text: string): string => text.replace(addressLike, maskEmail);
