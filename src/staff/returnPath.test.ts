import { describe, expect, it } from 'vitest';
import { returnPathOf, startPage } from './returnPath.ts';

describe('where to go after the sign-in', () => {
  it.each(['/ops', '/ops/', '/ops/orders/ABCD?tab=mails', '/ops?q=jan%40example.pl', '/ops/%D1%8F'])(
    'may be %s',
    (path) => {
      expect(returnPathOf(path)).toBe(path);
    },
  );

  it.each([
    undefined,
    '',
    '/',
    '/opsy',
    '/ops.evil.example/',
    '/v1/admin/me',
    'ops/',
    '//evil.example/ops/',
    '///evil.example/ops/',
    String.raw`/\evil.example/ops/`,
    String.raw`/ops/\evil.example`,
    String.raw`\\evil.example/ops`,
    'https://evil.example/ops/',
    'javascript:alert(1)//ops/',
    '/ops//evil.example',
    '/ops/../v1/admin',
    '/ops/%2e%2e/v1/admin',
    '/ops/.%2E//evil.example',
    '/ops/\tx',
    '/ops/\r\nset-cookie: a=b',
    ' /ops/',
    '/ops/ x',
    '/ops/sign-in',
    '/ops/sign-in/',
    '/ops/sign-in?return=/ops/',
    '/ops/x/../callback?code=c',
    '/ops/sign-out',
    `/ops/${'x'.repeat(500)}`,
  ])('is the start when %j is asked for', (asked) => {
    expect(returnPathOf(asked)).toBe(startPage);
  });
});
