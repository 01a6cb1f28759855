/** What a buyer sees of their purchase after the checkout. */
export const checkoutStates = ['received', 'preparing', 'ready', 'waiting_for_payment', 'ended'] as const;
export type CheckoutState = (typeof checkoutStates)[number];

export type BookState = 'preparing' | 'ready' | 'ended';

interface Facts {
  paid: boolean;
  takenBack: boolean;
  /** The order's own job was cancelled by a person. */
  cancelled: boolean;
  /** The order is known. */
  resolved: boolean;
  /** Of each book; null: it is not granted yet. */
  books: ReadonlyArray<{ state: 'processing' | 'active' | 'pending_claim' | 'revoked' | null }>;
}

/** A book that a guest owns is as ready as any: its links work. */
export function bookState(state: Facts['books'][number]['state']): BookState {
  if (state === 'revoked') return 'ended';
  return state === 'active' || state === 'pending_claim' ? 'ready' : 'preparing';
}

/** `ready` speaks of the books alone; whether the mail has gone out stands beside it. */
export function checkoutState({ paid, takenBack, cancelled, resolved, books }: Facts): CheckoutState {
  if (takenBack) return 'ended';
  if (!paid) return 'waiting_for_payment';
  const states = books.map(({ state }) => bookState(state));
  if (states.length > 0 && states.every((state) => state === 'ended')) return 'ended';
  if (resolved && states.length > 0 && !states.includes('preparing')) return 'ready';
  if (cancelled) return 'ended';
  return resolved ? 'preparing' : 'received';
}
