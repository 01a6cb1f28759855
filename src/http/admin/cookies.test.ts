import { describe, expect, it } from 'vitest';
import { staffCookie } from './cookies.ts';

const cookie = staffCookie('ops_session', 'https://ops.example');

describe('a cookie of the staff’s side', () => {
  it('is for this host, encrypted, and hidden from scripts', () => {
    expect(cookie.set('value', 60)).toBe(
      '__Host-ops_session=value; Max-Age=60; Path=/; HttpOnly; SameSite=Lax; Secure',
    );
    expect(cookie.clear()).toBe('__Host-ops_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure');
  });

  it.each(['http://127.0.0.1:4001', 'http://localhost:4001', 'http://[::1]:4001'])(
    'is a plain one on %s, where browsers do not agree about the others',
    (address) => {
      const plain = staffCookie('ops_session', address);
      expect(plain.set('value', 60)).toBe('ops_session=value; Max-Age=60; Path=/; HttpOnly; SameSite=Lax');
      expect(plain.read('ops_session=a')).toBe('a');
    },
  );

  it.each(['http://ops.example', 'http://127.0.0.1.evil.example', 'http://10.0.0.1', 'ftp://127.0.0.1x'])(
    'is not to be had on %s',
    (address) => {
      expect(() => staffCookie('ops_session', address)).toThrow('https only');
    },
  );

  it.each<[string | undefined, string | undefined]>([
    [undefined, undefined],
    ['', undefined],
    ['__Host-ops_session=a', 'a'],
    ['x=1; __Host-ops_session=a=b; y=2', 'a=b'],
    // Without the prefix anybody on a sibling host may have set it.
    ['ops_session=a', undefined],
    ['__host-ops_session=a', undefined],
    ['x__Host-ops_session=a', undefined],
    ['__Host-ops_session=a; __Host-ops_session=b', undefined],
  ])('is read from %j as %j', (header, value) => {
    expect(cookie.read(header)).toBe(value);
  });
});
