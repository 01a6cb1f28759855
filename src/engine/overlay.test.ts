import { describe, expect, it } from 'vitest';
import { Overlay } from './overlay.ts';

const known = () => new Map([['a', 1]]);

describe('changes over what is known', () => {
  it('are seen through the overlay and not beneath it, until they are adopted', () => {
    const beneath = known();
    const overlay = new Overlay(beneath);
    overlay.set('a', 2);
    overlay.set('b', 3);
    expect([overlay.get('a'), overlay.get('b'), overlay.get('c')]).toEqual([2, 3, undefined]);
    expect([...beneath]).toEqual([['a', 1]]);
    overlay.adopt();
    expect([...beneath]).toEqual([
      ['a', 2],
      ['b', 3],
    ]);
  });

  it('are told apart: what was known, and what is added', () => {
    const overlay = new Overlay(known());
    expect(overlay.changes()).toEqual({ added: [], updated: [] });
    overlay.set('b', 3);
    overlay.set('a', 2);
    overlay.set('b', 4);
    expect(overlay.changes()).toEqual({ added: [4], updated: [2] });
    expect([overlay.isChanged('a'), overlay.isChanged('c')]).toEqual([true, false]);
  });
});
