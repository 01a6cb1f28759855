import { createHmac, timingSafeEqual } from 'node:crypto';
import type { LinkTokenKind, LinkTokens } from '../ports/linkTokens.ts';

const idBytes = 16;
const macBytes = 16;
const tokenForm = /^[A-Za-z0-9_-]{44}$/;
const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function idToBytes(id: string): Buffer {
  if (!uuidForm.test(id)) throw new RangeError('A link token is made of a lower-case uuid.');
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

function bytesToId(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

function macOf(kind: LinkTokenKind, id: string, key: Uint8Array): Buffer {
  return createHmac('sha256', key).update(`${kind}:${id}`).digest().subarray(0, macBytes);
}

/** Id and proof, or undefined. One id has one spelling: base64url with stray trailing bits is refused. */
function splitToken(token: string): { id: string; mac: Buffer } | undefined {
  if (!tokenForm.test(token)) return undefined;
  const id = Buffer.from(token.slice(0, 22), 'base64url');
  const mac = Buffer.from(token.slice(22), 'base64url');
  const canonical = id.toString('base64url') + mac.toString('base64url') === token;
  return canonical && id.length === idBytes ? { id: bytesToId(id), mac } : undefined;
}

/** A malformed token costs as much work as a well-formed one, so that the clock tells nothing about a guess. */
const nothing = { id: bytesToId(new Uint8Array(idBytes)), mac: Buffer.alloc(macBytes) };

/**
 * Tokens of 44 characters: base64url of the 16 id bytes, then of the first 16 bytes of HMAC-SHA256(key, kind:id).
 *
 * @param keys at least 32 bytes each. The first one writes, all of them read: to rotate, put the new key in front
 * and keep the old one until the last link written with it has expired.
 */
export function createLinkTokens({ keys }: { keys: readonly Uint8Array[] }): LinkTokens {
  const [writingKey] = keys;
  if (writingKey === undefined) throw new RangeError('Link tokens need at least one key.');
  if (keys.some((key) => key.length < 32)) throw new RangeError('A link key has at least 32 bytes.');

  return {
    write(kind, id) {
      return idToBytes(id).toString('base64url') + macOf(kind, id, writingKey).toString('base64url');
    },

    read(kind, token) {
      const parts = splitToken(token);
      const { id, mac } = parts ?? nothing;
      // Every key is tried, whichever fits: no early way out to measure.
      const fitting = keys.filter((key) => timingSafeEqual(macOf(kind, id, key), mac));
      return parts !== undefined && fitting.length > 0 ? id : undefined;
    },
  };
}
