import type { PlainJson } from '../../domain/canonicalJson.ts';

/**
 * What a terminal would obey instead of showing it: control characters (and with them every ANSI escape), characters
 * that turn the direction of writing, invisible ones, and halves of a surrogate pair. Joiners and variation selectors
 * stay: names and emoji need them.
 */
const obeyed =
  /(?!\u200C|\u200D|\uFE0E|\uFE0F)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu;

const names: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return names[character] ?? (code < 256 ? `\\x${hex(code, 2)}` : `\\u{${hex(code, 4)}}`);
}

const hex = (code: number, digits: number) => code.toString(16).padStart(digits, '0');

/** Text from elsewhere as one line that is shown and does nothing: what a terminal would obey is spelt out. */
export const safeText = (text: string): string => text.replace(obeyed, visible);

/** The same value with every text in it, names of members included, made safe to show. */
export function safeJson(value: PlainJson): PlainJson {
  if (typeof value === 'string') return safeText(value);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item: PlainJson) => safeJson(item));
  const members = Object.entries(value as { [key: string]: PlainJson | undefined });
  return Object.fromEntries(
    members.flatMap(([key, item]) => (item === undefined ? [] : [[safeText(key), safeJson(item)]])),
  );
}

/** JSON text leaves some of them as they are; escaped it means the same and a terminal shows it. */
export function safeDocument(value: unknown, indent = 2): string {
  return JSON.stringify(value, null, indent).replace(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from({ length: character.length }, (_, at) => `\\u${hex(character.charCodeAt(at), 4)}`).join(''),
  );
}
