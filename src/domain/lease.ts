/** Share of the lease after which a worker that could not extend it gives its work up by itself (law 2). */
export const selfFenceShare = 0.75;

/** How often a lease is extended in its own time. */
export const extensionsPerLease = 3;

/** A worker says no more often than this that it is alive. */
export const beatEveryMs = 15_000;

/** How long a try to extend may take: with an ordinary lease two fit between the time to extend and the fence. */
export const answerWithinMs = (leaseMs: number): number => Math.max(leaseMs / 6, 1_000);

/** How soon a try that failed is repeated. */
export const retryAfterMs = (leaseMs: number): number => leaseMs / 20;
