/** Keys come from configuration and closed lists; should one ever come from outside, it must not fill the memory. */
const keptMax = 500;

/**
 * A function that makes each thing once per list of keys. For what is dear to make and never changes, such as the
 * formatters of `Intl`.
 */
export function remembered<Keys extends string[], Thing>(
  make: (...keys: Keys) => Thing,
): (...keys: Keys) => Thing {
  const made = new Map<string, Thing>();
  return (...keys) => {
    const key = keys.join('\n');
    const known = made.get(key);
    if (known !== undefined) return known;
    if (made.size >= keptMax) made.clear();
    const thing = make(...keys);
    made.set(key, thing);
    return thing;
  };
}
