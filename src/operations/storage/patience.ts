import { Fault } from '../../domain/fault.ts';
import type { Clock } from '../../ports/clock.ts';

const waitsMs = [500, 2_000, 8_000];
const waitMaxMs = 60_000;

/**
 * Tries again what passes by itself, a few times; longer where the store asks for it.
 *
 * @param work is told whether it is the last try
 * @throws Fault the last one
 */
export async function withPatience<T>(
  work: (isLast: boolean) => Promise<T>,
  { sleep }: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
): Promise<T> {
  for (const waitMs of waitsMs) {
    try {
      return await work(false);
    } catch (error) {
      if (signal.aborted || !(error instanceof Fault) || !passes(error)) throw error;
      await sleep(Math.min(Math.max(waitMs, error.retryAfterMs ?? 0), waitMaxMs), signal);
    }
  }
  return work(true);
}

/** What may pass by itself. */
export const passes = ({ kind }: Fault) =>
  kind === 'transient' || kind === 'rate_limited' || kind === 'unknown_effect';
