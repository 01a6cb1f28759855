import type { RateLimiter } from './rateLimit.ts';

/** Bounds how often somebody may be wrong. Whoever is right is not counted, however many they are at once. */
export interface GuessLimit {
  /**
   * Makes a check that costs a token while it is made, and for good when it ends in what `isWrong` says is a wrong
   * guess. Where all tokens are with checks under way, it waits for one of these.
   *
   * @throws what the check throws
   * @throws what `refused` makes of the seconds to wait, before anything is checked
   */
  check<T>(key: string, check: () => Promise<T>): Promise<T>;
}

export interface GuessLimitOptions {
  tokens: RateLimiter;
  isWrong(error: unknown): boolean;
  refused(waitSeconds: number): Error;
}

/** Counting before the check, and not after it: guesses that are made side by side are as many as those made in turn. */
export function createGuessLimit({ tokens, isWrong, refused }: GuessLimitOptions): GuessLimit {
  const underWay = new Map<string, { count: number; waiting: Array<() => void> }>();

  /** Takes a token, and counts the check in the same breath: who comes next must see one of the two. */
  async function begin(key: string): Promise<void> {
    for (;;) {
      const waitSeconds = tokens.take(key);
      const others = underWay.get(key);
      if (waitSeconds === 0) {
        if (others) others.count += 1;
        else underWay.set(key, { count: 1, waiting: [] });
        return;
      }
      if (!others) throw refused(waitSeconds);
      await new Promise<void>((resolve) => others.waiting.push(resolve));
    }
  }

  /** One token can be free now, so one is woken; after the last check there is nothing to wait for. */
  function end(key: string): void {
    const others = underWay.get(key);
    if (!others) return;
    others.count -= 1;
    const woken = others.count === 0 ? others.waiting.splice(0) : others.waiting.splice(0, 1);
    if (others.count === 0) underWay.delete(key);
    for (const wake of woken) wake();
  }

  return {
    async check(key, check) {
      await begin(key);
      try {
        const answer = await check();
        tokens.giveBack(key);
        return answer;
      } catch (error) {
        if (!isWrong(error)) tokens.giveBack(key);
        throw error;
      } finally {
        end(key);
      }
    },
  };
}
