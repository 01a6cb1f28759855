/** Resolves after a time, or without one never, and in any case as soon as one of the signals is aborted. */
export function pause(ms: number | undefined, signals: AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener('abort', go);
      resolve();
    };
    const timer = ms === undefined ? undefined : setTimeout(go, ms);
    if (signals.some((signal) => signal.aborted)) return go();
    for (const signal of signals) signal.addEventListener('abort', go);
  });
}
