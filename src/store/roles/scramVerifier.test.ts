import { describe, expect, it } from 'vitest';
import { scramVerifier } from './scramVerifier.ts';

describe('a SCRAM verifier', () => {
  it('is what RFC 7677 §3 works out for its example', () => {
    const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
    expect(scramVerifier('pencil', salt)).toBe(
      'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    );
  });

  it.each(['', 'zażółć', 'tab\there'])(
    'is refused for “%s”, which would have to be prepared first',
    (password) => {
      expect(() => scramVerifier(password, new Uint8Array(16))).toThrow(RangeError);
    },
  );
});
