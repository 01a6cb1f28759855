import { describe, expect, it } from 'vitest';
import { checkoutState } from './checkoutState.ts';

const facts = { paid: true, takenBack: false, cancelled: false, resolved: true };
const books = (...states: Array<'processing' | 'active' | 'pending_claim' | 'revoked' | null>) =>
  states.map((state) => ({ state }));

describe('what a buyer sees of a purchase', () => {
  it.each([
    ['nothing is known of the order yet', { ...facts, resolved: false, books: [] }, 'received'],
    [
      'the bank has not paid yet',
      { ...facts, paid: false, resolved: false, books: [] },
      'waiting_for_payment',
    ],
    ['a book is not granted yet', { ...facts, books: books(null) }, 'preparing'],
    [
      'one book is ready and another is not',
      { ...facts, books: books('pending_claim', 'processing') },
      'preparing',
    ],
    ['all books are ready', { ...facts, books: books('pending_claim', 'active') }, 'ready'],
    [
      'one book was taken back and the other is ready',
      { ...facts, books: books('revoked', 'active') },
      'ready',
    ],
    [
      'one was taken back and the other is not ready',
      { ...facts, books: books('revoked', null) },
      'preparing',
    ],
    ['every book was taken back', { ...facts, books: books('revoked', 'revoked') }, 'ended'],
    ['the money went back', { ...facts, takenBack: true, books: books('processing') }, 'ended'],
    [
      'it was cancelled before anything was made',
      { ...facts, cancelled: true, resolved: false, books: [] },
      'ended',
    ],
    [
      'it was cancelled when everything was there',
      { ...facts, cancelled: true, books: books('active') },
      'ready',
    ],
  ] as const)('when %s', (_when, known, state) => {
    expect(checkoutState(known)).toBe(state);
  });
});
