/** What a round may take beside the interval: its calls, and another process taking over from one that has died. */
const allowanceMs = 15_000;

/** Within so many milliseconds after it was paid, an order is found even if no webhook comes. */
export const catchUpBoundMs = (intervalMs: number): number => intervalMs + allowanceMs;

/** For people, at the start. */
export const boundSentence = (intervalMs: number): string =>
  `A paid order is found within ${Math.ceil(catchUpBoundMs(intervalMs) / 1_000)} s even if no webhook comes.`;
