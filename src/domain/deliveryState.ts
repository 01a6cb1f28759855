/**
 * What is known of a mail after it was handed over. `unproven`: taken by a provider whose word does not last.
 * `accepted`: taken for good. `delayed`: put off, and not given up as far as is known. `bounced`: it has not arrived, and
 * nobody tries any more.
 */
export const deliveryStates = [
  'unproven',
  'accepted',
  'delayed',
  'delivered',
  'bounced',
  'complained',
] as const;
export type DeliveryState = (typeof deliveryStates)[number];

const rank = (state: DeliveryState) => deliveryStates.indexOf(state);

/**
 * States only move forward: whatever comes late, doubled or out of order, a mail that arrived is not under way again.
 * That it came back, or was complained about, is the last word whenever it comes.
 */
export function furtherOf(known: DeliveryState | null, told: DeliveryState): DeliveryState {
  return known !== null && rank(known) >= rank(told) ? known : told;
}

/**
 * What a piece of evidence says. A bounce that is not for good says that the mail is put off: it is shown, and outranks
 * no delivery.
 */
export const toldState = <Kind extends string>(
  kind: Kind,
  permanence: string | null | undefined,
): Kind | 'delayed' => (kind === 'bounced' && permanence === 'soft' ? 'delayed' : kind);
