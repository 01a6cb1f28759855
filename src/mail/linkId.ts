import { createHash } from 'node:crypto';

/**
 * The id of a link in a mail: always the same one for a logical mail, so that links which buyers have go on to lead
 * somewhere when a restored database makes the mail anew. In the order of time, as keys are (RFC 9562, version 7).
 *
 * @param at when the purchase was paid
 */
export function linkIdFor(
  { logicalKey, lineNo, format }: { logicalKey: string; lineNo: number; format: string },
  at: Date,
): string {
  const time = at.getTime().toString(16).padStart(12, '0');
  const hash = createHash('sha256').update(`${logicalKey}\n${lineNo}\n${format}`).digest('hex');
  const variant = '89ab'.charAt(parseInt(hash.charAt(3), 16) & 3);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hash.slice(0, 3)}-${variant}${hash.slice(4, 7)}-${hash.slice(7, 19)}`;
}
