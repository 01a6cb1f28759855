import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Random } from '../ports/random.ts';

/** Lets the browser keep something that it can neither read nor change. */
export interface Seal {
  close(value: object): string;
  /** Undefined for what we have not closed. */
  open(sealed: string): unknown;
}

const nonceBytes = 12;
const tagBytes = 16;
const sealedLengthMax = 4_000;

/**
 * A seal by AES-256-GCM.
 *
 * @param keys 32 bytes each; the first closes, all open
 */
export function createSeal(keys: readonly Uint8Array[], random: Pick<Random, 'bytes'>): Seal {
  const [first] = keys;
  if (!first || keys.some(({ length }) => length !== 32))
    throw new TypeError('A seal needs keys of 32 bytes.');

  function openWith(key: Uint8Array, bytes: Buffer): unknown {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    const text = Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]);
    return JSON.parse(text.toString());
  }

  return {
    close(value) {
      const nonce = random.bytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', first, nonce, { authTagLength: tagBytes });
      const text = Buffer.concat([cipher.update(JSON.stringify(value)), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url');
    },
    open(sealed) {
      if (sealed.length > sealedLengthMax || !/^[A-Za-z0-9_-]+$/.test(sealed)) return undefined;
      const bytes = Buffer.from(sealed, 'base64url');
      if (bytes.length <= nonceBytes + tagBytes) return undefined;
      for (const key of keys) {
        try {
          return openWith(key, bytes);
        } catch {
          // Closed with another key, or not by us.
        }
      }
      return undefined;
    },
  };
}
