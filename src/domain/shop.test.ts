import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readableOn, shopColour } from './shop.ts';

describe('shopColour', () => {
  it('keeps a colour', () => {
    expect(shopColour({ colour: '#0F5C4D' })).toBe('#0f5c4d');
  });

  it.each(['', 'red', '#fff', '#0f5c4d;background:url(x)', '#0f5c4d\n'])(
    'replaces %j, which is none',
    (colour) => {
      expect(shopColour({ colour })).toMatch(/^#[0-9a-f]{6}$/);
    },
  );
});

describe('readableOn', () => {
  it('writes white on dark and black on bright colours', () => {
    expect(['#000000', '#0f5c4d', '#1f4e5f'].map(readableOn)).toEqual(['#ffffff', '#ffffff', '#ffffff']);
    expect(['#ffffff', '#ffd400', '#7fd6c2'].map(readableOn)).toEqual(['#000000', '#000000', '#000000']);
  });

  it('always reaches the contrast that WCAG AA asks for', () => {
    const luminance = (colour: string) => {
      const parts = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
      const [r = 0, g = 0, b = 0] = parts.map((c) =>
        c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4,
      );
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffff }), (value) => {
        const colour = `#${value.toString(16).padStart(6, '0')}`;
        const [low = 0, high = 0] = [luminance(colour), luminance(readableOn(colour))].toSorted(
          (a, b) => a - b,
        );
        expect((high + 0.05) / (low + 0.05)).toBeGreaterThanOrEqual(4.5);
      }),
    );
  });
});
