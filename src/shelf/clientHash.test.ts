import { describe, expect, it } from 'vitest';
import { clientHash } from './clientHash.ts';

const key = new Uint8Array(32).fill(7);

describe('the hash of a client address', () => {
  it('recognises an address, however it is written', () => {
    expect(clientHash('::ffff:192.0.2.1', key)).toEqual(clientHash('192.0.2.1', key));
    expect(clientHash('2001:DB8::1', key)).toEqual(clientHash('2001:db8::1', key));
  });

  it('differs by address and by key, and is short', () => {
    const hash = clientHash('192.0.2.1', key);
    expect(hash).toHaveLength(16);
    expect(clientHash('192.0.2.2', key)).not.toEqual(hash);
    expect(clientHash('192.0.2.1', new Uint8Array(32).fill(8))).not.toEqual(hash);
  });

  it('is nothing when the address is not known', () => {
    expect(clientHash(undefined, key)).toBeNull();
    expect(clientHash('', key)).toBeNull();
  });
});
