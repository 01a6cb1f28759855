import { describe, expect, it } from 'vitest';
import { envelopeOf, referenceOf } from './envelope.ts';

describe('the SMTP envelope', () => {
  it('takes plain addresses as they are', () => {
    const mail = { from: 'receipts@shop.example', to: "o'neil+books@example.co.uk" };
    expect(envelopeOf(mail)).toEqual(mail);
  });

  it.each([
    'jan@example.pl\r\nRCPT TO:<thief@example.com>',
    'jan@example.pl\n',
    'jan\0@example.pl',
    'jan@example.pl>',
    '<jan@example.pl>',
    'Jan <jan@example.pl>',
    'jan@example.pl, ola@example.pl',
    'jan @example.pl',
    '"jan doe"@example.pl',
    'żółw@example.pl',
    'jan',
    '',
  ])('refuses %j for good, without repeating it', (to) => {
    let thrown: unknown;
    try {
      envelopeOf({ from: 'receipts@shop.example', to });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ kind: 'permanent', reason: 'invalid_address' });
    expect((thrown as Error).message).toBe('The recipient’s address cannot be used in an SMTP envelope.');
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
