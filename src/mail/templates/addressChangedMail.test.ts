import { describe, expect, it } from 'vitest';
import { buildBuyer, buildLine, buildOrder, shop } from '../../../test/builders/sale.ts';
import { addressChangedMail } from './addressChangedMail.ts';

const order = buildOrder({
  buyer: buildBuyer({ email: 'anna.kowalska@example.pl', name: 'Anna Kowalska', language: 'en' }),
  lines: [buildLine(1, { title: 'A secret book' })],
});

describe('addressChangedMail', () => {
  it('says what happened, and whom to write to', () => {
    const { subject, text, html } = addressChangedMail({ order, shop });
    expect(subject).toBe('The e-mail address of order 7K3M-Q9XT-4BVD has changed');
    expect(text).toContain('our messages about this order go to an•••@ex•••.pl.');
    expect(text).toContain('If you did not ask for this, please write to us at once.');
    expect(text).toContain(shop.supportEmail);
    expect(html).toContain(`href="mailto:${shop.supportEmail}"`);
  });

  it('tells a stranger nothing of the buyer, the books or the links', () => {
    const { subject, text, html } = addressChangedMail({ order, shop });
    expect(subject + text + html).not.toMatch(/kowalska|secret|https?:\/\//i);
  });

  it('is written in the language of the purchase', () => {
    const polish = buildOrder({ buyer: buildBuyer({ email: 'anna@example.pl' }) });
    expect(addressChangedMail({ order: polish, shop }).subject).toBe(
      'Zmieniono adres e-mail zamówienia 7K3M-Q9XT-4BVD',
    );
  });
});
