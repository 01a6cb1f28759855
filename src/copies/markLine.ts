import { defaultMarkingText, type MarkingText } from '../domain/copyMark.ts';
import { printableText } from '../domain/printableText.ts';

const nameMaxGraphemes = 120;
const lineMaxGraphemes = 300;

/** Between the parts of a line; a part that would stand empty is left out with it. */
const separator = ' · ';

/**
 * The text for a buyer's language, which is kept with the copy: it says nothing of the buyer yet. A text that the shop
 * has not set in that language is the product's own, as long as there is one; then the shop's first.
 */
export function markTextFor(text: MarkingText, language: string, shopName: string): string {
  const chosen =
    text[language] ??
    defaultMarkingText[language] ??
    Object.values(text)[0] ??
    defaultMarkingText['en'] ??
    '';
  return chosen.replaceAll('{shop}', () => printableText(shopName, nameMaxGraphemes).replaceAll(/[{}]/g, ''));
}

/**
 * The visible line of a buyer's copy.
 *
 * @param fields name: null when the buyer gave none; a text that says nothing without it gives way to the order's id
 */
export function markLine(text: string, fields: { name: string | null; order: string }): string {
  const values: Record<string, string> = {
    name: printableText(fields.name ?? '', nameMaxGraphemes),
    order: fields.order,
  };
  const parts = text
    .split(separator)
    .filter((part) => Array.from(part.matchAll(placeholder)).every(([, name = '']) => values[name] !== ''))
    .map((part) => part.replaceAll(placeholder, (_, name: string) => values[name] ?? ''));
  return printableText(parts.join(separator).trim() || fields.order, lineMaxGraphemes);
}

const placeholder = /\{(name|order)\}/g;
