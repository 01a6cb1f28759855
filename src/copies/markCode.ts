import { createHmac } from 'node:crypto';

/** Crockford's alphabet: no letter that is taken for another. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const codeLength = 20;

/**
 * What the hidden marks of a copy say: 100 bits that name one line of one order to us and nothing to anybody else.
 * Whoever reads the order's id in the visible line cannot look for it in the rest of the file, and cannot make up the
 * code of another buyer. Copies are found by it in the database, so a later change of the key does no harm.
 *
 * @param key at least 32 bytes
 */
export function markCodeFor(
  { orderId, lineNo, format }: { orderId: string; lineNo: number; format: string },
  key: Uint8Array,
): string {
  if (key.length < 32) throw new RangeError('The key of mark codes has at least 32 bytes.');
  const mac = createHmac('sha256', key).update(`copy:${orderId}:${lineNo}:${format}`).digest();
  return Array.from(mac.subarray(0, codeLength), (byte) => alphabet[byte & 31]).join('');
}
