import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, signatureHeader, signatureOf, stripeEvent } from '../../test/builders/stripeEvent.ts';
import { verifyStripeSignature } from './stripeSignature.ts';

const now = new Date('2026-11-22T10:00:00Z');
const seconds = now.getTime() / 1000;
const secret = 'whsec_current';
const body = bytesOf(stripeEvent());
const valid = signatureOf(body, secret, seconds);
const at = (offsetSeconds: number) => new Date(now.getTime() + offsetSeconds * 1000);

const verify = (header: string | string[] | undefined, bytes: Uint8Array = body, secrets = [secret]) =>
  verifyStripeSignature(bytes, header, secrets, now);
const genuine = (header: string | string[] | undefined, bytes?: Uint8Array, secrets?: string[]) =>
  verify(header, bytes, secrets).genuine;

describe('the signature of a webhook', () => {
  it('is genuine when it was made over the raw bytes with an active secret', () => {
    expect(verify(signatureHeader(body, [secret], now))).toEqual({ genuine: true });
  });

  it('tolerates spaces after the commas and parts it does not know', () => {
    expect(genuine(`t=${seconds}, v0=abc, v1=${valid}, v2=zzz`)).toBe(true);
  });

  describe('while a secret is being rolled', () => {
    const both = ['whsec_old', 'whsec_new'];

    it.each([
      ['signed with the old one, both active here', ['whsec_old'], both],
      ['signed with the new one, both active here', ['whsec_new'], both],
      ['signed with both, only the old one active here', both, ['whsec_old']],
      ['signed with both, only the new one active here', both, ['whsec_new']],
    ])('accepts a body %s', (_title, signers, active) => {
      expect(genuine(signatureHeader(body, signers, now), body, active)).toBe(true);
    });

    it('refuses the old one once it is no longer active', () => {
      expect(genuine(signatureHeader(body, ['whsec_old'], now), body, ['whsec_new'])).toBe(false);
    });
  });

  it.each([-300, -299, 0, 299, 300])('accepts a timestamp %i s from now', (offset) => {
    expect(genuine(signatureHeader(body, [secret], at(offset)))).toBe(true);
  });

  it.each([-86_400, -301, 301, 600, 9_000_000_000 - seconds])(
    'refuses a timestamp %i s from now, past or future',
    (offset) => {
      const header = signatureHeader(body, [secret], at(offset));
      expect(verify(header)).toEqual({ genuine: false, reason: 'timestamp_out_of_tolerance' });
    },
  );

  it('refuses a missing, an empty and a repeated header', () => {
    const header = signatureHeader(body, [secret], now);
    expect([undefined, '', [], [header], [header, header]].map((each) => genuine(each))).toEqual(
      Array.from({ length: 5 }, () => false),
    );
  });

  it.each([
    ['only a timestamp', `t=${seconds}`],
    ['only a signature', `v1=${valid}`],
    ['only the scheme for tests', `t=${seconds},v0=${valid}`],
    ['two timestamps', `t=${seconds},t=${seconds},v1=${valid}`],
    ['an empty signature', `t=${seconds},v1=`],
    ['names without values', 't,v1'],
    ['a name in capitals', `T=${seconds},V1=${valid}`],
    ['half a signature', `t=${seconds},v1=${valid.slice(0, 32)}`],
    ['a signature one digit short', `t=${seconds},v1=${valid.slice(1)}`],
    ['a signature one digit long', `t=${seconds},v1=${valid}0`],
    ['a signature with a tail', `t=${seconds},v1=${valid}=1`],
    ['a signature in capitals', `t=${seconds},v1=${valid.toUpperCase()}`],
    ['a signature that is no hex', `t=${seconds},v1=${'z'.repeat(64)}`],
    ['a wrong signature', `t=${seconds},v1=${'0'.repeat(64)}`],
  ])('refuses a header with %s', (_title, header) => {
    expect(genuine(header)).toBe(false);
  });

  it.each([
    'abc',
    '-1',
    '1e9',
    '12abc',
    '١٢',
    '',
    ' ',
    `0${seconds}`,
    `${seconds}.0`,
    `${seconds}=1`,
    'Infinity',
  ])('refuses the timestamp "%s" even if it was signed', (timestamp) => {
    const header = `t=${timestamp},v1=${signatureOf(body, secret, timestamp)}`;
    expect(verify(header)).toEqual({ genuine: false, reason: 'timestamp_malformed' });
  });

  it('refuses a thousand signatures without computing much', () => {
    const header = `t=${seconds},${Array.from({ length: 1_000 }, () => `v1=${valid}`).join(',')}`;
    const startedMs = performance.now();
    expect(genuine(header)).toBe(false);
    expect(performance.now() - startedMs).toBeLessThan(5);
  });

  it('refuses more signatures than Stripe sends, though one of them is right', () => {
    const header = `t=${seconds},${Array.from({ length: 17 }, () => `v1=${valid}`).join(',')}`;
    expect(genuine(header)).toBe(false);
  });

  it('is over the raw bytes: a body that was parsed and written again is refused', () => {
    const header = signatureHeader(body, [secret], now);
    expect(genuine(header, bytesOf(JSON.stringify(stripeEvent(), null, 1)))).toBe(false);
  });

  it('tells bytes apart that decode to the same text', () => {
    const invalid = Buffer.from([0x22, 0xff, 0x22]);
    const header = signatureHeader(invalid, [secret], now);
    expect(genuine(header, invalid)).toBe(true);
    expect(genuine(header, Buffer.from([0x22, 0xfe, 0x22]))).toBe(false);
    expect(genuine(header, Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), invalid]))).toBe(false);
  });

  it('refuses any body in which one bit was turned', () => {
    const header = signatureHeader(body, [secret], now);
    fc.assert(
      fc.property(fc.nat(body.length * 8 - 1), (bit) => {
        const changed = Buffer.from(body);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        return !genuine(header, changed);
      }),
    );
  });

  it('refuses everything while no secret is known, and what was signed with another', () => {
    expect(genuine(signatureHeader(body, [secret], now), body, [])).toBe(false);
    expect(genuine(signatureHeader(body, ['whsec_of_test_mode'], now))).toBe(false);
  });

  it('never throws, whatever stands in the header', () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom('t=', 'v1=', `t=${seconds}`, `v1=${valid}`, ',', '=', ' '),
    );
    const header = fc.oneof(
      fc.array(part, { maxLength: 12 }).map((parts) => parts.join(',')),
      fc.constant(undefined),
      fc.array(fc.string(), { maxLength: 3 }),
    );
    fc.assert(
      fc.property(
        header,
        fc.uint8Array({ maxLength: 64 }),
        (text, bytes) => typeof genuine(text, bytes) === 'boolean',
      ),
      { numRuns: 500 },
    );
  });
});
