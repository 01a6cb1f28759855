import { maskAddressesIn } from '../../domain/masking.ts';
import type { Json, JsonObject } from '../../ports/step.ts';

const depthMax = 6;

/** JSON in which every address is masked, for what was written where no buyer's data belongs. */
export function maskedJson(value: Json, depth = 0): Json {
  if (typeof value === 'string') return maskAddressesIn(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > depthMax) return null;
  if (Array.isArray(value)) return value.map((item) => maskedJson(item, depth + 1));
  return maskedObject(value, depth);
}

export function maskedObject(value: JsonObject, depth = 0): JsonObject {
  const members = Object.entries(value).map(([name, item]) => [
    maskAddressesIn(name),
    maskedJson(item ?? null, depth + 1),
  ]);
  return Object.fromEntries(members) as JsonObject;
}
