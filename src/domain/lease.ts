/** Share of the lease after which a worker that could not extend it gives its work up by itself (law 2). */
export const selfFenceShare = 0.75;

/** How often a lease is extended in its own time, at the least. */
export const extensionsPerLease = 3;

/** How often leases are looked after. */
export const lookEveryMs = (leaseMs: number): number => leaseMs / extensionsPerLease / 2;

/**
 * How old a lease is when it is extended at the next look: none gets much older than a third of its time, and one that
 * is over sooner costs nothing.
 */
export const extendAfterMs = (leaseMs: number): number => leaseMs / 5;

/** A worker says no more often than this that it is alive. */
export const beatEveryMs = 15_000;

/** How long a try to extend may take: with an ordinary lease two fit between the time to extend and the fence. */
export const answerWithinMs = (leaseMs: number): number => Math.max(leaseMs / 6, 1_000);

/** How soon a try that failed is repeated. */
export const retryAfterMs = (leaseMs: number): number => leaseMs / 20;
