import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deliveryStates, furtherOf, type DeliveryState } from './deliveryState.ts';

const states = fc.array(fc.constantFrom(...deliveryStates), { minLength: 1 });
const told = (all: DeliveryState[]) => all.reduce<DeliveryState | null>(furtherOf, null);

describe('what is known of a mail', () => {
  it('only moves forward', () => {
    expect(furtherOf('delivered', 'accepted')).toBe('delivered');
    expect(furtherOf('delivered', 'bounced')).toBe('bounced');
    expect(furtherOf(null, 'unproven')).toBe('unproven');
  });

  it('comes to the same in whatever order it is told, and however often', () => {
    fc.assert(
      fc.property(states, fc.infiniteStream(fc.nat()), (all, order) => {
        const keys = all.map((state) => ({ state, key: order.next().value }));
        const shuffled = keys.toSorted((one, other) => one.key - other.key).map(({ state }) => state);
        expect(told([...shuffled, ...all])).toBe(told(all));
      }),
    );
  });
});
