import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ClaimCodes } from '../ports/claimCodes.ts';

/** Without I, L, O and U, which are read as something else (Crockford's base 32). */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const codeLength = 8;

/** What people type for what they read. */
const lookAlikes: Readonly<Record<string, string>> = { O: '0', I: '1', L: '1' };

const noCode = '00000000-0000-0000-0000-000000000000';

/**
 * Codes of 40 bits, five from each of the first eight bytes of HMAC-SHA256(key, id).
 *
 * @param keys the first one writes, all of them are compared with: a code outlives the rotation of a key
 */
export function createClaimCodes({ keys }: { keys: readonly Uint8Array[] }): ClaimCodes {
  const [writingKey] = keys;
  if (writingKey === undefined) throw new RangeError('Claim codes need at least one key.');
  return {
    write: (codeId) => codeOf(codeId, writingKey),
    matches(codeId, typed) {
      const normal = Buffer.from(normalOf(typed));
      // Every key is tried, also for no code at all: no early way out to measure.
      const fitting = keys.filter((key) =>
        timingSafeEqual(Buffer.from(codeOf(codeId ?? noCode, key)), normal),
      );
      return codeId !== undefined && fitting.length > 0;
    },
  };
}

function codeOf(codeId: string, key: Uint8Array): string {
  const digest = createHmac('sha256', key).update(`claim-code:${codeId}`).digest();
  return [...digest.subarray(0, codeLength)].map((byte) => alphabet.charAt(byte % alphabet.length)).join('');
}

/** Always as long as a code; what cannot be one becomes what never fits. */
function normalOf(typed: string): string {
  const plain = typed
    .slice(0, 64)
    .toUpperCase()
    .replace(/[\s-]/g, '')
    .replace(/[OIL]/g, (letter) => lookAlikes[letter] ?? letter);
  return /^[0-9A-Z]{8}$/.test(plain) ? plain : '-'.repeat(codeLength);
}
