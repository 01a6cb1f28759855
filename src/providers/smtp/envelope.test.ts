import { describe, expect, it } from 'vitest';
import { checkReturnPath, envelopeOf, referenceOf } from './envelope.ts';

const sender = 'receipts@shop.example';

describe('the SMTP envelope', () => {
  it('takes plain addresses as they are', () => {
    const mail = { from: sender, to: "o'neil+books@example.co.uk" };
    expect(envelopeOf(mail, { name: 'smtp' })).toEqual(mail);
  });

  it('has what comes back go to the return path', () => {
    const returnPath = 'bounces@shop.example';
    const mail = { from: sender, to: 'jan@example.pl' };
    expect(envelopeOf(mail, { name: 'smtp', returnPath })).toEqual({ from: returnPath, to: mail.to });
  });

  it.each([
    { to: 'jan@example.pl\r\nRCPT TO:<thief@example.com>' },
    { to: 'Jan <jan@example.pl>' },
    { to: 'żółw@example.pl' },
    // With a return path the sender is not said in the dialogue, but it stands in the mail.
    { from: 'receipts@shop.example\r\nDATA' },
  ])('refuses %j for good, without repeating it', (fields) => {
    const options = { name: 'relay', returnPath: 'bounces@shop.example' };
    expect(() => envelopeOf({ from: sender, to: 'jan@example.pl', ...fields }, options)).toThrow(
      expect.objectContaining({ kind: 'permanent', reason: 'invalid_address', provider: 'relay' }),
    );
  });

  it('wants one plain address as return path', () => {
    expect(() => checkReturnPath(undefined)).not.toThrow();
    expect(() => checkReturnPath('bounces@shop.example')).not.toThrow();
    for (const wrong of ['', '<>', 'Shop <bounces@shop.example>', 'a@b.example\r\nDATA', 'bounces'])
      expect(() => checkReturnPath(wrong)).toThrow(TypeError);
  });
});

describe('the reference of an accepted mail', () => {
  it('is one short line without addresses', () => {
    const answer = `250-2.6.0 queued\r\n250 2.6.0 as 4F2 for <jan@example.pl>\u0007 ${'x'.repeat(500)}`;
    const reference = referenceOf(answer);
    expect(reference).toMatch(/^250-2\.6\.0 queued 250 2\.6\.0 as 4F2 for … x+$/);
    expect(reference).toHaveLength(200);
  });
});
