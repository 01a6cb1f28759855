import { describe, expect, it } from 'vitest';
import { trustedProxies } from './trustedProxies.ts';

describe('the proxies that are trusted', () => {
  it.each<[string, boolean | string[]]>([
    ['false', false],
    ['true', true],
    ['loopback', ['loopback']],
    [' loopback , 10.0.0.0/8,192.0.2.7 ', ['loopback', '10.0.0.0/8', '192.0.2.7']],
    ['2001:db8::/32,::1', ['2001:db8::/32', '::1']],
    ['uniquelocal', ['uniquelocal']],
    // A network of everything is everybody.
    ['10.0.0.1,0.0.0.0/0', true],
    ['::/0', true],
  ])('are read from %j', (text, value) => {
    expect(trustedProxies.parse(text)).toEqual(value);
  });

  it.each(['', ',', 'yes', '1', 'proxy.books.example', '10.0.0.0/33', '10.0.0.0/', '10.0.0/8', '::1/129'])(
    'are not read from %j',
    (text) => expect(trustedProxies.safeParse(text).success).toBe(false),
  );

  it.each(['10.0.0.0/8/8', 'fe80::1%eth0', 'true,10.0.0.1', '10.0.0.1 10.0.0.2'])('nor from %j', (text) =>
    expect(trustedProxies.safeParse(text).success).toBe(false),
  );
});
