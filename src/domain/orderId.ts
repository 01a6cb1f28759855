/** Crockford's alphabet: no I, L, O or U, so an order id survives being read out on the phone. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * An order id such as `7K3M-Q9XT-4BVD`: 60 bits. Uniqueness is a constraint of the database, not a hope.
 *
 * @param bytes at least 12 bytes, random or of a hash
 */
export function orderIdFrom(bytes: Uint8Array): string {
  if (bytes.length < 12) throw new RangeError('An order id needs 12 bytes.');
  const characters = Array.from(bytes.slice(0, 12), (byte) => alphabet[byte & 31]).join('');
  return `${characters.slice(0, 4)}-${characters.slice(4, 8)}-${characters.slice(8)}`;
}
