import { describe, expect, it } from 'vitest';
import type { HttpAnswer } from '../admin/httpTransport.ts';
import { readSignInTerms, serviceAddress } from './terms.ts';

describe('the address of a service', () => {
  it.each([
    ['https://api.books.example', 'https://api.books.example'],
    ['https://API.books.example:443/some/path?q#h', 'https://api.books.example'],
    ['http://127.0.0.1:4001/', 'http://127.0.0.1:4001'],
  ])('of %s is %s', (given, address) => {
    expect(serviceAddress(given)).toBe(address);
  });

  it.each(['', 'api.books.example', 'http://api.books.example', 'https://u:p@books.example', 'file:///x'])(
    'is not %j',
    (given) => {
      expect(() => serviceAddress(given)).toThrow('https URL');
    },
  );
});

const answered = (status: number, body: string): (() => Promise<HttpAnswer>) => {
  return async () => ({ status, body, header: () => null, retryAfterMs: undefined });
};
const terms = { issuer: 'https://issuer.example/', clientId: 'cli', audience: 'https://admin.example' };

describe('where staff sign in', () => {
  it('is told by the service', async () => {
    const read = readSignInTerms('https://a.example', answered(200, JSON.stringify({ ...terms, more: 1 })));
    expect(await read).toEqual(terms);
  });

  it.each([
    [404, '{}'],
    [200, '<html>'],
    [200, '{}'],
    [200, JSON.stringify({ ...terms, issuer: 'http://issuer.example/' })],
    [200, JSON.stringify({ ...terms, issuer: 'issuer' })],
  ])('is not told by %d %s', async (status, body) => {
    await expect(readSignInTerms('https://a.example', answered(status, body))).rejects.toMatchObject({
      code: 'no_sign_in',
    });
  });

  it('is not known when nobody answers', async () => {
    const silent = async () => ({ trouble: 'unreachable' as const });
    await expect(readSignInTerms('https://a.example', silent)).rejects.toMatchObject({
      code: 'api_unreachable',
    });
  });
});
