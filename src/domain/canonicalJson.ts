/** JSON that survives storage in Postgres unchanged: numbers are safe integers, texts are well-formed and without NUL. */
export type PlainJson =
  null | boolean | number | string | readonly PlainJson[] | { readonly [key: string]: PlainJson | undefined };

function checkedText(text: string): string {
  if (!text.isWellFormed() || text.includes('\0')) {
    throw new TypeError('A text with a lone surrogate or NUL cannot be stored.');
  }
  return JSON.stringify(text);
}

/**
 * The one text of a value: keys sorted by code unit, no blanks, undefined members left out. Two values that Postgres
 * holds to be the same jsonb have the same text.
 *
 * @throws TypeError for what JSON or jsonb would change: fractions, huge numbers, lone surrogates, NUL
 */
export function canonicalJson(value: PlainJson): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return checkedText(value);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new TypeError('Only safe integers have one text.');
    return String(Object.is(value, -0) ? 0 : value);
  }
  if (Array.isArray(value)) return `[${value.map((item: PlainJson) => canonicalJson(item)).join(',')}]`;
  const members = Object.entries(value as { [key: string]: PlainJson | undefined })
    .filter((member): member is [string, PlainJson] => member[1] !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([key, item]) => `${checkedText(key)}:${canonicalJson(item)}`).join(',')}}`;
}
