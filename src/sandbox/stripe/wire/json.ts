/**
 * JSON as Stripe prints it: two spaces of indent, `id` and `object` first, the other keys by the alphabet.
 * The order is fixed here because `jsonb` does not keep it, and every delivery of an event must carry the same bytes.
 */
export function stripeJson(value: unknown): string {
  return JSON.stringify(ordered(value), null, 2);
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, ordered(inner)]));
}

function rank(key: string): number {
  if (key === 'id') return 0;
  return key === 'object' ? 1 : 2;
}
