import { createHmac } from 'node:crypto';

/**
 * What is kept of a client's network address: 16 bytes of a keyed hash. The key does not change by the day, so that
 * one address can be recognised over the life of a link; without the key the address cannot be tried out.
 */
export function clientHash(address: string | undefined, key: Uint8Array): Uint8Array | null {
  if (address === undefined || address === '') return null;
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
  return createHmac('sha256', key).update(`download-client:${plain}`).digest().subarray(0, 16);
}
