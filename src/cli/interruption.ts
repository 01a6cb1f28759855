const interrupting = ['SIGINT', 'SIGTERM'] as const;
type Interrupting = (typeof interrupting)[number];

/** The part of `process` that is listened to. */
export interface SignalSource {
  on(signal: Interrupting, listener: () => void): unknown;
  off(signal: Interrupting, listener: () => void): unknown;
}

export interface Interruption {
  /** Resolves at the first Ctrl-C or SIGTERM. The second calls `endAtOnce`. */
  first: Promise<void>;
  /** Stops listening. */
  release(): void;
}

export function listenForInterruption(signals: SignalSource, endAtOnce: () => void): Interruption {
  let seen = 0;
  let resolveFirst: () => void = () => undefined;
  const first = new Promise<void>((resolve) => {
    resolveFirst = resolve;
  });
  const heard = () => {
    seen += 1;
    if (seen > 1) endAtOnce();
    else resolveFirst();
  };
  for (const signal of interrupting) signals.on(signal, heard);
  return {
    first,
    release() {
      for (const signal of interrupting) signals.off(signal, heard);
    },
  };
}
