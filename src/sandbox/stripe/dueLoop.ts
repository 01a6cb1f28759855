export interface DueLoop {
  start(): void;
  /** Looks again now: something may have become due. */
  wake(): void;
  /** Ends after the step that runs. */
  stop(): Promise<void>;
}

/**
 * Runs a step again and again: at once when woken, or when the time the step has named is over. A step answers in how
 * many milliseconds something is due next, or null when nothing is; then the loop rests until it is woken.
 */
export function createDueLoop(options: {
  step: () => Promise<number | null>;
  onError: (error: unknown) => void;
  pauseAfterErrorMs?: number;
}): DueLoop {
  let running: Promise<void> | undefined;
  let stopping = new AbortController();
  let woken = false;
  let interrupt = () => {};

  async function run({ signal }: AbortController): Promise<void> {
    while (!signal.aborted) {
      woken = false;
      await rest(await stepSafely());
    }
  }

  async function stepSafely(): Promise<number | null> {
    try {
      return await options.step();
    } catch (error) {
      if (!stopping.signal.aborted) options.onError(error);
      return options.pauseAfterErrorMs ?? 500;
    }
  }

  function rest(ms: number | null): Promise<void> {
    if (stopping.signal.aborted || woken) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = ms === null ? undefined : setTimeout(resolve, Math.min(ms, 60_000));
      interrupt = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  return {
    start() {
      if (running) return;
      stopping = new AbortController();
      running = run(stopping);
    },
    wake() {
      woken = true;
      interrupt();
    },
    async stop() {
      stopping.abort();
      interrupt();
      await running;
      running = undefined;
    },
  };
}
