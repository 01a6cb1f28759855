import { describe, expect, it } from 'vitest';
import { claimWords } from './claimWords.ts';
import { noticeWords } from './noticeWords.ts';
import { polishForm } from './polishForm.ts';
import { mailWords } from './words.ts';

describe('polishForm', () => {
  it.each([
    [0, 'many'],
    [1, 'one'],
    [2, 'few'],
    [4, 'few'],
    [5, 'many'],
    [11, 'many'],
    [12, 'many'],
    [14, 'many'],
    [21, 'many'],
    [22, 'few'],
    [25, 'many'],
    [101, 'many'],
    [102, 'few'],
    [112, 'many'],
  ])('of %i is %s', (count, form) => {
    expect(polishForm(count, { one: 'one', few: 'few', many: 'many' })).toBe(form);
  });

  it('is used wherever a mail counts', () => {
    const [mail, notice, claim] = [mailWords('pl'), noticeWords('pl'), claimWords('pl')];
    expect([1, 3, 5].map((n) => mail.moreOnShelf(n).split(',')[0])).toEqual([
      'Jeszcze 1 tytuł czeka na Twojej półce',
      'Jeszcze 3 tytuły czekają na Twojej półce',
      'Jeszcze 5 tytułów czeka na Twojej półce',
    ]);
    expect([1, 22, 12].map((n) => notice.moreBooks(n).split(' w ')[0])).toEqual([
      'I jeszcze 1 tytuł, wymieniony',
      'I jeszcze 22 tytuły, wymienione',
      'I jeszcze 12 tytułów, wymienionych',
    ]);
    expect([1, 2, 15].map((n) => claim.validUntil(n, 'X'))).toEqual([
      'Kod działa tylko raz, przez 1 minutę: do X.',
      'Kod działa tylko raz, przez 2 minuty: do X.',
      'Kod działa tylko raz, przez 15 minut: do X.',
    ]);
    expect(notice.endedSubject('X', 1)).toBe('Koniec dostępu do e-booka – zamówienie X');
    expect(notice.restoredHeading(1)).toBe('Twój e-book jest znów dostępny');
    expect(notice.refundKeeps(1)).toBe('W dostępie do Twojego e-booka nic się nie zmienia.');
  });
});
