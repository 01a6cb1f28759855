import { z } from 'zod';
import type { JsonObject } from '../../ports/step.ts';

/** What comes out of a jsonb column is JSON: only its outermost shape is in doubt. */
export const jsonObject = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);

/** A time inside of JSON. */
export const time = z.coerce.date();
