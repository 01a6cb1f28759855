/** Time, handed to everything that needs it, so that tests can move it. */
export interface Clock {
  now(): Date;
  /** Milliseconds of a clock that never jumps; for durations only. */
  elapsedMs(): number;
  /** Resolves after `ms`, or at once when the signal is aborted. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
