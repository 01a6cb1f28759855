import { describe, expect, it } from 'vitest';
import { balanceOf, withoutStrayRestores } from './contentBalance.ts';

const of = (content: string) => balanceOf(Buffer.from(content, 'latin1'));

describe('the balance of a page’s contents', () => {
  it('closes what is left open, the innermost first', () => {
    expect(of('q 1 0 0 1 0 0 cm Q').closing).toBe('');
    expect(of('q q /P BMC BT (x) Tj').closing).toBe('ET EMC Q Q');
  });

  it('finds operators only where they are operators', () => {
    expect(of('(q \\) q (q) ) Tj <71> Tj /q gs % q\n[(q)] TJ /MC << /q (Q) >> BDC EMC')).toEqual({
      closing: '',
      strayRestores: [],
    });
    expect(of('BI /W 1 /H 1 ID q q EIq EI Q\nEI q').closing).toBe('Q Q'.slice(0, 1));
  });

  it('blanks out what restores more than was saved, and nothing else', () => {
    const content = Buffer.from('Q q Q (Q) Tj Q 1 g');
    const cleaned = withoutStrayRestores(content, balanceOf(content));
    expect(cleaned.toString()).toBe('  q Q (Q) Tj   1 g');
    expect(content.toString()).toBe('Q q Q (Q) Tj Q 1 g');
  });

  it('looks into no dictionary for operators', () => {
    expect(of('/Span << /ActualText (a > Q b) >> BDC q EMC Q').strayRestores).toEqual([]);
    expect(of('/Span <</ActualText<FEFF0041>>>BDC q').closing).toBe('EMC Q');
  });

  it('closes what would swallow the operators after it', () => {
    expect(of('q BT (cut (short').closing).toBe(')) ET Q');
    expect(of('BT [(a) -20 <41').closing).toBe('> ] ET');
    expect(of('/P << /A [1 2').closing).toBe('] >>');
    expect(of('BT [(a] b) -20 (c)] TJ ET ] >>').closing).toBe('');
  });

  it('ends with contents that end in the middle of something', () => {
    for (const cut of ['(q', '<71', 'q BI ID abc', '/', '% q', 'q \\']) expect(() => of(cut)).not.toThrow();
  });
});
