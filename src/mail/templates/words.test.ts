import { describe, expect, it } from 'vitest';
import { mailWords } from './words.ts';

describe('mailWords', () => {
  it('has every text in both languages', () => {
    const [english, polish] = [mailWords('en'), mailWords('pl')];
    expect(Object.keys(polish)).toEqual(Object.keys(english));
    const same = (Object.keys(english) as Array<keyof typeof english>).filter(
      (key) => english[key] === polish[key],
    );
    expect(same).toEqual([]);
  });

  it('tells one ebook from several', () => {
    expect(mailWords('pl').receiptSubject('X', 1)).toBe('Twój e-book – zamówienie X');
    expect(mailWords('pl').receiptSubject('X', 5)).toBe('Twoje e-booki – zamówienie X');
    expect(mailWords('en').booksReady(1)).toBe('Your ebook is ready to download.');
    expect(mailWords('en').booksReady(2)).toBe('Your ebooks are ready to download.');
  });
});
