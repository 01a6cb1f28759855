import type { BookUpdates } from '../ports/bookUpdates.ts';
import { bookUpdatePlan, toldBookUpdatePlan } from '../steps/updateBook.ts';
import { createBookUpdates } from '../store/catalog/bookUpdates.ts';

/** Nobody waits for a new version as for a purchase. */
const slaSeconds = 24 * 3_600;

/** Jobs that bring a new version of a book to those who have it. */
export const wireBookUpdates = (): BookUpdates =>
  createBookUpdates({ silent: bookUpdatePlan, told: toldBookUpdatePlan, slaSeconds });
