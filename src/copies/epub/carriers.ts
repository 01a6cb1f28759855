import { lettersOf, sealCode, unsealCode } from '../sealedCode.ts';
import type { TailEntry } from './recipe.ts';

/**
 * Where a code is hidden in an EPUB: what `FoundMark.carrier` says. Every place has a number of its own, so that no two
 * hold the same letters. The numbers are part of the bytes, and none is also a PDF's.
 */
export const carrierNumbers = {
  package_identifier: 32,
  package_meta: 33,
  licence_page: 34,
  stylesheet: 35,
  navigation: 36,
  meta_inf: 37,
  ncx: 38,
  chapter: 64,
} as const;
export type Carrier = keyof typeof carrierNumbers;

/** Chapters are numbered from `carrierNumbers.chapter` on. */
export const markedChapters = 8;

/** A code as letters that prove themselves and can stand in XML, CSS and plain text. */
export function codeLetters(code: string, carrierNumber: number): string {
  return lettersOf(sealCode(code, carrierNumber));
}

/** Reads an EPUB's code from bytes; undefined when there is none. */
export function readSealedCode(bytes: Uint8Array): { code: string; carrier: Carrier } | undefined {
  const found = unsealCode(bytes);
  const carrier = found && carrierOf(found.carrier);
  return found && carrier ? { code: found.code, carrier } : undefined;
}

function carrierOf(number: number): Carrier | undefined {
  const first = carrierNumbers.chapter;
  const place = number >= first && number < first + markedChapters ? first : number;
  return (Object.keys(carrierNumbers) as Carrier[]).find((name) => carrierNumbers[name] === place);
}

/** Where copies with these entries have a code. */
export function expectedCarriers(tail: TailEntry[]): Carrier[] {
  const slots = tail
    .flatMap((entry) => ('template' in entry ? entry.template : []))
    .filter((piece) => typeof piece === 'object');
  const carriers = slots.map((slot) => ('code' in slot ? carrierOf(slot.code) : undefined));
  return [...new Set(carriers.filter((carrier) => carrier !== undefined))];
}
