import type { Random } from '../../../src/ports/random.ts';

/**
 * When something happens that is to happen so often in a time: in milliseconds from the beginning, in order, each
 * somewhere in its own share of the time, so that there is neither a long quiet nor a heap.
 */
export function spread(times: number, overMs: number, random: Random): number[] {
  return Array.from({ length: times }, (_, index) => ((index + random.next()) / times) * overMs);
}

/** One of several. */
export function pick<T>(choices: readonly [T, ...T[]], random: Random): T {
  return choices[Math.floor(random.next() * choices.length)] ?? choices[0];
}
