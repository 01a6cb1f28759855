import { describe, expect, it } from 'vitest';
import { readSignedUrl, signUrlOf } from './signedUrl.ts';

const signingKey = Buffer.from('k'.repeat(32));
const expiresAtSeconds = Date.parse('2026-11-22T10:05:00Z') / 1000;
const before = new Date('2026-11-22T10:04:59Z');
const claims = {
  key: 'copies/7K3M-Q9XT-4BVD/1.pdf',
  fileName: 'Żółw & spółka.pdf',
  contentType: 'application/pdf',
  expiresAtSeconds,
};

/** What a route makes of a URL. */
function paramsOf(url: string): Record<string, string> {
  const { pathname, searchParams } = new URL(url);
  return { ...Object.fromEntries(searchParams), key: pathname.replace('/files/', '') };
}
const params = paramsOf(signUrlOf('https://shop.example/', signingKey, claims));

describe('a signed download URL', () => {
  it('holds until it expires and gives back what was signed', () => {
    const { key, fileName, contentType } = claims;
    expect(readSignedUrl(params, signingKey, before)).toEqual({ key, fileName, contentType });
    expect(readSignedUrl(params, signingKey, new Date('2026-11-22T10:05:00Z'))).toBeUndefined();
  });

  it('lies under /files of the public address', () => {
    expect(signUrlOf('https://shop.example/', signingKey, claims)).toMatch(
      /^https:\/\/shop\.example\/files\/copies\/7K3M-Q9XT-4BVD\/1\.pdf\?expires=\d+&name=/,
    );
  });

  it.each([
    { key: 'copies/7K3M-Q9XT-4BVD/2.pdf' },
    { key: 'copies/../copies/7K3M-Q9XT-4BVD/1.pdf' },
    { expires: String(expiresAtSeconds + 1) },
    { expires: `0${expiresAtSeconds}x` },
    { name: 'other.pdf' },
    { type: 'text/html' },
    { name: `${claims.fileName}\n` },
    { signature: '' },
    { signature: 'A'.repeat(43) },
    { signature: `${params['signature']}A` },
    { signature: undefined },
    { name: ['a', 'b'] },
  ])('does not hold with %j', (change) => {
    expect(readSignedUrl({ ...params, ...change }, signingKey, before)).toBeUndefined();
  });

  it.each([undefined, null, 'text', {}])('does not hold for %o', (nonsense) => {
    expect(readSignedUrl(nonsense, signingKey, before)).toBeUndefined();
  });

  it('does not hold under another key', () => {
    expect(readSignedUrl(params, Buffer.from('x'.repeat(32)), before)).toBeUndefined();
  });

  it('is not made for names that could forge a header', () => {
    expect(() => signUrlOf('https://shop.example', signingKey, { ...claims, fileName: 'a\r\nb' })).toThrow(
      TypeError,
    );
  });
});
