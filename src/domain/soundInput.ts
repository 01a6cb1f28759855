/** No input that people or programs give is nested deeper. */
const depthMax = 12;

/**
 * What is wrong with a value that no schema asks about and nothing behind it can take: endless nesting, and texts that
 * Postgres does not store (NUL, lone surrogates). Undefined when nothing is.
 */
export function unsoundnessOf(value: unknown): string | undefined {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > depthMax) return `The input is nested deeper than ${depthMax} levels.`;
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item === 'string' && !isSound(item)) return unsoundText;
      if (Array.isArray(item)) next.push(...(item as unknown[]));
      else if (typeof item === 'object' && item !== null)
        for (const [key, inner] of Object.entries(item)) next.push(key, inner);
    }
    level = next;
  }
  return undefined;
}

const isSound = (text: string) => !text.includes('\0') && text.isWellFormed();
const unsoundText = 'A text has a NUL or half a character in it, which cannot be stored.';
