import { describe, expect, it } from 'vitest';
import { receiptWords, taxIdLabel } from './words.ts';

describe('receiptWords', () => {
  it('calls the paper neither an invoice nor a fiscal receipt in Polish', () => {
    const words = receiptWords('pl');
    expect(words.title).toBe('Potwierdzenie zapłaty');
    expect(words.legalNote).toBe(
      'Dokument potwierdza dokonanie zapłaty. Nie jest fakturą VAT ani paragonem fiskalnym.',
    );
  });

  it('has every text in both languages', () => {
    const [english, polish] = [receiptWords('en'), receiptWords('pl')];
    expect(Object.keys(polish)).toEqual(Object.keys(english));
    const same = (Object.keys(english) as Array<keyof typeof english>).filter(
      (key) => english[key] === polish[key],
    );
    expect(same).toEqual([]);
  });
});

describe('taxIdLabel', () => {
  it.each([
    ['eu_vat', 'DE123456789', 'VAT UE'],
    ['pl_nip', '5252525252', 'NIP'],
    ['us_ein', '12-3456789', 'Identyfikator podatkowy'],
    [null, '525-252-52-52', 'NIP'],
    [null, 'PL5252525252', 'NIP'],
    [null, 'DE123456789', 'Identyfikator podatkowy'],
  ])('calls a number of type %s, %s, %s', (type, value, label) => {
    expect(taxIdLabel(receiptWords('pl'), { type, value })).toBe(label);
  });
});
