import { describe, expect, it } from 'vitest';
import { parseForm } from './form.ts';

describe('parseForm', () => {
  it('reads nested names, lists and encoded text', () => {
    const text =
      'mode=payment&line_items[0][price]=p1&line_items[1][price]=p%202&expand[]=a&expand[]=b&n[%C4%85]=1+2';
    expect(parseForm(text)).toEqual({
      mode: 'payment',
      line_items: { 0: { price: 'p1' }, 1: { price: 'p 2' } },
      expand: { 0: 'a', 1: 'b' },
      n: { ą: '1 2' },
    });
  });

  it('takes a name such as __proto__ for a name like any other', () => {
    const form = parseForm('__proto__[polluted]=yes&metadata[__proto__]=x');
    expect(Object.keys(form)).toEqual(['__proto__', 'metadata']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('refuses broken brackets, deep nesting and NUL', () => {
    expect(() => parseForm('a[b=1')).toThrow(/Invalid parameter name/);
    expect(() => parseForm(`a${'[x]'.repeat(9)}=1`)).toThrow(/Invalid parameter name/);
    expect(() => parseForm('a=%00')).toThrow(/NUL/);
  });
});
