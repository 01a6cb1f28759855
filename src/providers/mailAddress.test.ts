import { describe, expect, it } from 'vitest';
import { plainEnvelopeOf } from './mailAddress.ts';

const sound = { from: 'receipts@shop.example', to: 'jan+books@example.pl' };

describe('the envelope of a mail', () => {
  it('is the two addresses as they are', () => {
    expect(plainEnvelopeOf(sound, 'any')).toEqual(sound);
  });

  it.each([
    { to: 'jan@example.pl\r\nRCPT TO:<thief@example.com>' },
    { to: 'jan@example.pl\n' },
    { to: 'jan\0@example.pl' },
    { to: 'jan@example.pl, thief@example.com' },
    { to: 'jan@example.pl;thief@example.com' },
    { to: 'Jan <jan@example.pl>' },
    { to: '"jan"@example.pl' },
    { to: 'jan kowalski@example.pl' },
    { to: 'jan' },
    { to: '' },
    { to: 'żółw@example.pl' },
    { to: `${'a'.repeat(65)}@example.pl` },
    { from: 'receipts@shop.example\r\nDATA' },
  ])('refuses %j for good and does not repeat it', (fields) => {
    const refused = () => plainEnvelopeOf({ ...sound, ...fields }, 'any');
    expect(refused).toThrow(
      expect.objectContaining({ kind: 'permanent', reason: 'invalid_address', provider: 'any' }),
    );
    expect(refused).toThrow(/^The (sender|recipient)’s address cannot be used to send mail\.$/);
  });
});
