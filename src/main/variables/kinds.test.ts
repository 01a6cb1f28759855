import { randomBytes } from 'node:crypto';
import { assert, property, uint8Array } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emailAddress, hostName, moment, origin, postgresUrl, secureUrl } from './kinds.ts';
import { linkKeys } from './linkKeys.ts';
import type { TextSchema } from './variable.ts';

const accepts = (schema: TextSchema, text: string) => schema.safeParse(text).success;

describe('kinds of variables', () => {
  it.each<[string, TextSchema, string[], string[]]>([
    [
      'a host name',
      hostName,
      ['db.example', 'localhost', '::1', '10.0.0.1', 'smtp_relay'],
      ['', 'a b', 'http://x', 'a..b', 'x:25'],
    ],
    [
      'a secure URL',
      secureUrl,
      ['https://a.example/x', 'http://127.0.0.1:1/', 'http://[::1]:80'],
      ['http://a.example', 'ftp://a', 'https://u:p@a.example', 'https://a.example?x'],
    ],
    ['an origin', origin, ['https://a.example', 'https://a.example/'], ['https://a.example/x', 'a.example']],
    [
      'a Postgres URL',
      postgresUrl,
      ['postgres://u:p@h/db', 'postgresql://u@h:5432/db?sslmode=require'],
      ['postgres://h/db', 'postgres://u@h', 'mysql://u@h/db'],
    ],
    [
      'an e-mail address',
      emailAddress,
      ['a@b.example'],
      ['Ann <a@b.example>', 'a@b.example, c@d.example', 'a'],
    ],
    [
      'a moment',
      moment,
      ['2026-01-31', '2026-01-31T10:00:00+01:00', '2026-01-31T10:00:00Z'],
      ['2026-02-30', '2026-01-31T10:00:00', 'soon'],
    ],
  ])('know %s', (_what, schema, good, bad) => {
    for (const text of good) expect(accepts(schema, text), text).toBe(true);
    for (const text of bad) expect(accepts(schema, text), text).toBe(false);
  });
});

describe('link keys', () => {
  it('are read from base64, base64url and hex, any number of them', () => {
    const keys = [randomBytes(32), randomBytes(48), randomBytes(32)];
    const text = `${keys[0]?.toString('base64')}, ${keys[1]?.toString('hex')}\n${keys[2]?.toString('base64url')}`;
    expect(linkKeys.parse(text)).toEqual(keys);
  });

  it('are accepted whenever they are random', () => {
    for (let round = 0; round < 2_000; round += 1)
      expect(accepts(linkKeys, randomBytes(32).toString('hex'))).toBe(true);
  });

  it.each([
    ['too short', randomBytes(31).toString('base64')],
    ['one byte over and over', Buffer.alloc(32, 7).toString('base64')],
    ['a counter', Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString('hex')],
    ['words', Buffer.from('correct horse battery staple, and more of it').toString('base64')],
    [
      'half a key, twice',
      Buffer.concat([
        Buffer.from('0f1e2d3c4b5a69788796a5b4c3d2e1f0', 'hex'),
        Buffer.from('0f1e2d3c4b5a69788796a5b4c3d2e1f0', 'hex'),
      ]).toString('hex'),
    ],
    ['not a code at all', 'päß'],
    ['nothing', ','],
  ])('are refused when they are %s', (_what, text) => {
    expect(accepts(linkKeys, text)).toBe(false);
  });

  it('are refused under 32 bytes whatever they hold', () => {
    assert(
      property(
        uint8Array({ maxLength: 31 }),
        (bytes) => !accepts(linkKeys, Buffer.from(bytes).toString('hex')),
      ),
    );
  });
});
