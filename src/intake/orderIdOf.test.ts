import { describe, expect, it } from 'vitest';
import { orderIdOf } from './orderIdOf.ts';

describe('the order id of a payment', () => {
  it('is the same for ever, whoever takes the payment in: it stands in the buyer’s mail', () => {
    expect(orderIdOf('pi_3Example')).toBe('K1ZP-0NPG-H5ZN');
    expect(orderIdOf('pi_3Example')).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$/);
  });

  it('is another one for another payment', () => {
    const ids = Array.from({ length: 2_000 }, (_, n) => orderIdOf(`pi_${n}`));
    expect(new Set(ids).size).toBe(2_000);
  });
});
