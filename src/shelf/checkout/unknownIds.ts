import type { Clock } from '../../ports/clock.ts';

/** Ids that were found to be nobody's, for a short while: asking Stripe again at once would tell nothing new. */
export interface UnknownIds {
  add(id: string): void;
  has(id: string): boolean;
}

export interface UnknownIdsOptions {
  clock: Pick<Clock, 'elapsedMs'>;
  /** Default: 10 s. */
  forMs?: number;
  /** Beyond that, the oldest are asked about again. Default 10 000. */
  idsMax?: number;
}

export function createUnknownIds({ clock, forMs = 10_000, idsMax = 10_000 }: UnknownIdsOptions): UnknownIds {
  /** Until when, the oldest first. */
  const untilMs = new Map<string, number>();
  return {
    add(id) {
      untilMs.delete(id);
      const [oldest] = untilMs.keys();
      if (untilMs.size >= idsMax && oldest !== undefined) untilMs.delete(oldest);
      untilMs.set(id, clock.elapsedMs() + forMs);
    },
    has: (id) => (untilMs.get(id) ?? 0) > clock.elapsedMs(),
  };
}
