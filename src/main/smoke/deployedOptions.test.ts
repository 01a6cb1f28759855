import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readDeployedOptions, type GivenOptions } from './deployedOptions.ts';

const sound: GivenOptions = {
  baseUrl: 'https://api.books.example/',
  stripeKey: 'sk_test_abc',
  price: 'price_1',
  inboxApi: 'https://mail.books.example',
  emailDomain: 'books.example',
  skipShelf: true,
};
const read = (changes: GivenOptions = {}, env: Record<string, string> = {}) =>
  readDeployedOptions({ ...sound, ...changes }, env);

const directory = mkdtempSync(path.join(tmpdir(), 'smoke-options-'));
afterAll(() => rmSync(directory, { recursive: true }));

function fileWith(text: string): string {
  const file = path.join(directory, text.trim());
  writeFileSync(file, text);
  return file;
}

describe('options for a deployed service', () => {
  it('are read, with a new address that buys', () => {
    expect(read()).toEqual({
      apiUrl: 'https://api.books.example',
      metricsUrls: ['https://api.books.example/metrics'],
      stripe: { secretKey: 'sk_test_abc', priceId: 'price_1' },
      buyerEmail: expect.stringMatching(/^smoke-[0-9a-f]{8}@books\.example$/),
      mailbox: { inboxApi: 'https://mail.books.example' },
      token: null,
      readerUrl: null,
    });
  });

  it('tag an address, unless a token ties the shelf to it', () => {
    const email = 'ann@books.example';
    expect(read({ email }).buyerEmail).toMatch(/^ann\+smoke-[0-9a-f]{8}@books\.example$/);
    expect(read({ email, token: 'ey', skipShelf: false }).buyerEmail).toBe(email);
  });

  it('take secrets from the environment and from files', () => {
    const env = { STRIPE_SECRET_KEY_FILE: fileWith('rk_test_fromfile\n') };
    const given = { tokenFile: fileWith('token\n'), email: 'ann@books.example', skipShelf: false };
    const { stripeKey: _flag, ...others } = sound;
    const options = readDeployedOptions({ ...others, ...given }, env);
    expect(options).toMatchObject({ stripe: { secretKey: 'rk_test_fromfile' }, token: 'token' });
  });

  it('read a mailbox from a URL, its password from the environment', () => {
    const { inboxApi: _none, ...others } = sound;
    const options = readDeployedOptions(
      { ...others, imapUrl: 'imaps://ann%40b.example@imap.example/Copies' },
      { SMOKE_IMAP_PASSWORD: 'p' },
    );
    expect(options.mailbox).toEqual({
      imap: {
        host: 'imap.example',
        port: 993,
        secure: true,
        user: 'ann@b.example',
        password: 'p',
        mailbox: 'Copies',
      },
    });
  });

  it.each<[string, GivenOptions, string]>([
    ['a live key', { stripeKey: 'sk_live_abc' }, 'real money'],
    ['a key that is none', { stripeKey: 'hunter2' }, '--stripe-key must be'],
    ['a stand-in elsewhere', { stripeApiBaseUrl: 'https://stripe.evil.example' }, 'on this machine'],
    ['an address without encryption', { baseUrl: 'http://api.books.example' }, '--base-url must use https'],
    ['no word about the shelf', { skipShelf: false }, '--skip-shelf'],
    ['a token without its address', { skipShelf: false, token: 'ey' }, 'give it with --email'],
    ['a price that is none', { price: 'prod_1' }, '--price'],
    ['a mailbox that is none', { inboxApi: '', imapUrl: 'https://imap.example' }, '--inbox-api'],
    ['an odd domain', { emailDomain: 'a b' }, '--email-domain'],
    ['a timeline without a database', { timeline: true }, 'DATABASE_URL_READER'],
  ])('refuse %s as wrong usage', (_what, changes, words) => {
    const failure = expect.objectContaining({ exitCode: 2, message: expect.stringContaining(words) });
    expect(() => read(changes)).toThrow(failure);
  });
});
