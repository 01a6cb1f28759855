import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deliveryStates, furtherOf, toldState, type DeliveryState } from './deliveryState.ts';

const rankOf = (state: DeliveryState | null) => (state === null ? -1 : deliveryStates.indexOf(state));

/** What evidence tells, as it comes in. */
const heard = fc.record({
  kind: fc.constantFrom('accepted', 'delayed', 'delivered', 'bounced', 'complained'),
  permanence: fc.constantFrom('hard', 'soft'),
});
const all = fc.array(heard, { minLength: 1 });
type Heard = typeof heard extends fc.Arbitrary<infer One> ? One : never;

const known = (told: readonly Heard[]) =>
  told.reduce<DeliveryState | null>(
    (before, { kind, permanence }) => furtherOf(before, toldState(kind, permanence)),
    null,
  );

describe('what a piece of evidence says', () => {
  it.each([
    ['accepted', null, 'accepted'],
    ['delayed', null, 'delayed'],
    ['delivered', null, 'delivered'],
    ['bounced', 'hard', 'bounced'],
    ['bounced', 'soft', 'delayed'],
    ['bounced', null, 'bounced'],
    ['complained', null, 'complained'],
  ] as const)('of kind %s (%s) is %s', (kind, permanence, state) => {
    expect(toldState(kind, permanence)).toBe(state);
  });
});

describe('what is known of a mail', () => {
  it.each<[DeliveryState | null, DeliveryState, DeliveryState]>([
    [null, 'unproven', 'unproven'],
    ['unproven', 'accepted', 'accepted'],
    ['accepted', 'delayed', 'delayed'],
    ['unproven', 'delayed', 'delayed'],
    ['delayed', 'accepted', 'delayed'],
    ['delayed', 'delivered', 'delivered'],
    ['delivered', 'delayed', 'delivered'],
    ['delivered', 'accepted', 'delivered'],
    // Some servers accept a mail and send it back afterwards.
    ['delivered', 'bounced', 'bounced'],
    ['delayed', 'bounced', 'bounced'],
    ['bounced', 'delivered', 'bounced'],
    ['bounced', 'delayed', 'bounced'],
    ['delivered', 'complained', 'complained'],
    ['bounced', 'complained', 'complained'],
  ])('was %s, and with %s is %s', (before, told, after) => {
    expect(furtherOf(before, told)).toBe(after);
  });

  it('only moves forward, whatever comes in whatever order', () => {
    fc.assert(
      fc.property(all, (told) => {
        const ranks = told.map((_, at) => rankOf(known(told.slice(0, at + 1))));
        expect(ranks).toEqual(ranks.toSorted((one, other) => one - other));
      }),
    );
  });

  it('comes to the same in whatever order it is told, and however often', () => {
    fc.assert(
      fc.property(all, fc.infiniteStream(fc.nat()), (told, order) => {
        const keys = told.map((one) => ({ one, key: order.next().value }));
        const shuffled = keys.toSorted((one, other) => one.key - other.key).map(({ one }) => one);
        expect(known([...shuffled, ...told])).toBe(known(told));
      }),
    );
  });

  it('is delivered whatever tells of delays besides, as long as nothing says that it came back for good', () => {
    const passing = heard.filter(
      ({ kind, permanence }) => kind !== 'complained' && (kind !== 'bounced' || permanence === 'soft'),
    );
    fc.assert(
      fc.property(fc.array(passing), fc.array(passing), (before, after) => {
        expect(known([...before, { kind: 'delivered', permanence: 'hard' }, ...after])).toBe('delivered');
      }),
    );
  });
});
