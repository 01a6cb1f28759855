import { setTimeout as sleep } from 'node:timers/promises';

/** Looks again and again until there is something to see, and says what was missing when the time is over. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false | null>,
  { withinMs, everyMs = 100 }: { withinMs: number; everyMs?: number },
): Promise<T> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false && seen !== null) return seen;
    if (performance.now() > deadlineMs) throw new Error(`Not seen within ${withinMs} ms: ${what}.`);
    await sleep(everyMs);
  }
}
