import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClaimCodes } from '../shelf/claimCodes.ts';
import { createProgressTokens } from '../shelf/checkout/progressTokens.ts';
import { createLinkTokens } from '../shelf/linkTokens.ts';
import { newSessionToken } from '../staff/sessionToken.ts';
import { clip, scrub, scrubThoroughly } from './scrub.ts';

const keys = [randomBytes(32)];
const links = createLinkTokens({ keys });
const codes = createClaimCodes({ keys });
const progress = createProgressTokens({ keys, clock: { now: () => new Date() } });

const chars = (alphabet: string, minLength: number, maxLength = minLength) =>
  fc.string({ unit: fc.constantFrom(...Array.from(alphabet)), minLength, maxLength });
const lower = 'abcdefghijklmnopqrstuvwxyz';
const mixed = `${lower}${lower.toUpperCase()}0123456789`;
const digits = '0123456789';

/** The digit that makes a number pass Luhn. */
function withCheckDigit(text: string): string {
  const sum = Array.from(text)
    .toReversed()
    .reduce((total, digit, at) => {
      const value = Number(digit) * (at % 2 === 0 ? 2 : 1);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
  return `${text}${(10 - (sum % 10)) % 10}`;
}

function ibanOf(country: string, account: string): string {
  const number = Array.from(`${account}${country}00`, (letter) => Number.parseInt(letter, 36)).join('');
  return `${country}${String(98n - (BigInt(number) % 97n)).padStart(2, '0')}${account}`;
}

const inFours = (text: string) => text.replace(/(.{4})(?=.)/g, '$1 ');
const word = chars(`${lower}0123456789`, 1, 12);
const address = fc
  .tuple(
    chars(`${mixed}._+-ąęłżü'`, 1, 20),
    fc.array(chars(`${lower}ąé0123456789`, 1, 10), { minLength: 1, maxLength: 3 }),
  )
  .map(([name, labels]) => `${name}@${labels.join('.')}.example`);
const card = fc
  .tuple(fc.constantFrom('4', '51', '37', '6011', '2221'), chars(digits, 14))
  .map(([begins, rest]) => withCheckDigit(`${begins}${rest}`.slice(0, 15)));

const secrets: Record<string, fc.Arbitrary<string>> = {
  'an address': address,
  'an address in a URL': address.map(encodeURIComponent),
  'a card number': card,
  'a card number in groups': card.map(inFours),
  'a card number with dashes': card.map((number) => inFours(number).replaceAll(' ', '-')),
  'a bank account': chars(digits, 24).map((account) => ibanOf('PL', account)),
  'a bank account in groups': chars(digits, 18).map((account) => inFours(ibanOf('DE', account))),
  'a key of Stripe': chars(mixed, 8, 90).map((rest) => `sk_live_${rest}`),
  'a restricted key': chars(mixed, 8, 90).map((rest) => `rk_test_${rest}`),
  'a signing secret': chars(`${mixed}+/=`, 8, 40).map((rest) => `whsec_${rest}`),
  'a client secret': chars(mixed, 20).map((rest) => `pi_3Q${rest}_secret_${rest}`),
  'a key of Resend': chars(mixed, 24).map((rest) => `re_${rest.slice(0, 8)}_${rest}`),
  'a token of Slack': chars(mixed, 24).map((rest) => `xoxb-123-${rest}`),
  'a JWT': fc
    .tuple(fc.json(), chars(`${mixed}_-`, 43))
    .map(([body, mac]) => `eyJhbGciOiJSUzI1NiJ9.${Buffer.from(body).toString('base64url')}.${mac}`),
  'a bearer token': chars(`${mixed}-._~`, 6, 60).map((token) => `Bearer ${token}`),
  'a link of ours': fc.uuid().map((id) => links.write('download-link', id)),
  'a token of a page': fc.uuid().map((id) => progress.write(id)),
  'a session': fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes) => newSessionToken({ bytes: () => bytes })),
  'credentials in a URL': fc
    .tuple(word, chars(`${mixed}!@:%`, 4, 20))
    .map(([name, password]) => `postgres://${name}:${password}@db.example:5432/postgres`),
  'a signed URL': chars(mixed, 43).map((mac) => `https://shop.example/files/a/b?expires=1&signature=${mac}`),
};

/** What must not be left of it: of a URL, what signs it or logs in. */
function core(secret: string): string {
  const signed = /signature=(.+)$/.exec(secret)?.[1];
  const password = /^postgres:\/\/[^:]+:(.+)@db/.exec(secret)?.[1];
  return signed ?? password ?? secret.replace(/^Bearer /, '');
}

const before = fc.constantFrom('', 'sent to ', '<', '"', 'to=', '(', 'value: ', 'line\n', '{"it":"');
const after = fc.constantFrom('', ' failed', '>', '", "', ', and', ')', '. Then', '\nat');

describe('what is written into logs', () => {
  it.each(Object.entries(secrets))('does not hold %s, wherever it stands', (_what, secret) => {
    fc.assert(
      fc.property(secret, before, after, (text, left, right) => {
        const clean = scrub(`${left}${text}${right}`);
        expect(clean).not.toContain(core(text));
        // What stands beside it is still there: a scrubber that eats everything would be no use.
        if (right === ' failed') expect(clean).toMatch(/ failed$/);
      }),
      { numRuns: 100 },
    );
  });

  it('does not hold a claim code as it is mailed, nor as it is typed', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        const code = codes.write(id);
        fc.pre(/\d/.test(code) && /[A-Z]/.test(code));
        expect(scrub(`tried ${code}`)).toBe('tried [code]');
        expect(scrub(`${code.slice(0, 4)}-${code.slice(4)} is wrong`)).toBe('[code] is wrong');
        expect(scrub(`"code":"${code.toLowerCase()}"`)).toBe('"code":"[code]"');
      }),
    );
  });

  it('is looked at as closely at the first look as at the second', () => {
    const anything = fc.oneof(...Object.values(secrets), fc.string({ unit: 'grapheme' }));
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 4 }), (parts) => {
        const text = parts.join(' ');
        expect(scrub(text)).toBe(scrubThoroughly(text));
      }),
      { numRuns: 500 },
    );
  });

  it('is scrubbed once and for all', () => {
    fc.assert(
      fc.property(fc.oneof(...Object.values(secrets)), (text) => {
        expect(scrub(scrub(text))).toBe(scrub(text));
      }),
    );
  });

  it.each([
    '019ab3c4-0000-7000-8000-000000000001',
    'evt_3QabCDefGHijKLmnOPqr',
    'cs_test_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V2w3X4y5Z6a7B8c9',
    '7K3M-Q9XT-4BVD',
    'DatabaseError 23505',
    'GET /v1/admin/orders/:reference',
    'checkout.session.completed',
    'fulfillment-worker-7d9f8b6c5d-x2x4z-12345-ab12',
    '    at Object.readTheAnswerOfTheProviderAndCheckItsSha (/srv/dist/store/jobs/record.js:213:14)',
    '    at file:///srv/node_modules/@aws-sdk/client-s3/dist-es/commands.js:10:3',
    'smtp_unreachable',
    'the 24th of 2026-11-24T03:30:00.123Z',
    'pages 1234 to 5678, 20261124',
  ])('keeps what engineers need: %s', (text) => {
    expect(scrub(text)).toBe(text);
  });

  it.each([
    ['an endless word', 'a'.repeat(200_000)],
    ['many signs of addresses', '@'.repeat(100_000)],
    ['addresses that never end', 'a@b.'.repeat(50_000)],
    ['digits', '4'.repeat(200_000)],
    ['digits with blanks', '4 '.repeat(100_000)],
    ['percent signs', 'a%40'.repeat(50_000)],
    ['schemes', 'http://'.repeat(5_000)],
    ['capitals', 'AB12 '.repeat(40_000)],
    ['beginnings of tokens', 'eyJaaaa.'.repeat(25_000)],
    ['quotes', '"a '.repeat(60_000)],
    ['beginnings of secrets', 'pi_ab_'.repeat(30_000)],
  ])('takes time in proportion to its length: %s', (_what, text) => {
    const timeOf = (sample: string) => {
      const startedMs = performance.now();
      scrub(sample);
      return performance.now() - startedMs;
    };
    timeOf(text.slice(0, 1_000));
    expect(timeOf(text)).toBeLessThan(1_500);
  });
});

describe('a text that is too long', () => {
  it('is cut where a word ends, so that no half of an address is left', () => {
    const text = `${'x'.repeat(10)} jan.kowalski@shop.example`;
    expect(clip(text, 25)).toBe(`${'x'.repeat(10)} […]`);
    expect(clip(text, 100)).toBe(text);
    expect(clip('y'.repeat(50), 10)).toBe(' […]');
  });
});
