import { describe, expect, it } from 'vitest';
import { remembered } from './remembered.ts';

describe('something remembered', () => {
  it('is made once per list of keys', () => {
    const made: string[][] = [];
    const of = remembered((...keys: string[]) => ({ of: made.push(keys) }));
    expect(of('pl', 'PLN')).toBe(of('pl', 'PLN'));
    expect(of('en', 'PLN')).not.toBe(of('pl', 'PLN'));
    expect(made).toEqual([
      ['pl', 'PLN'],
      ['en', 'PLN'],
    ]);
  });

  it('is forgotten before it fills the memory', () => {
    let made = 0;
    const of = remembered((key: string) => ({ key, nth: (made += 1) }));
    const first = of('0');
    for (let n = 1; n <= 500; n += 1) of(String(n));
    expect(of('0')).not.toBe(first);
    expect(of('0')).toEqual({ key: '0', nth: 502 });
  });
});
