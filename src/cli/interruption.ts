const interrupting = ['SIGINT', 'SIGTERM'] as const;
type Interrupting = (typeof interrupting)[number];

/** The part of `process` that is listened to. */
export interface SignalSource {
  on(signal: Interrupting, listener: () => void): unknown;
  off(signal: Interrupting, listener: () => void): unknown;
}

export interface Interruption {
  /** Resolves at the first Ctrl-C or SIGTERM. */
  first: Promise<void>;
  /** Stops listening. */
  release(): void;
}

export interface InterruptionOptions {
  signals: SignalSource;
  /** Called for the second one. */
  endAtOnce(): void;
  /** Milliseconds of a clock that never jumps. */
  elapsedMs?: () => number;
}

/** Runners such as npm pass Ctrl-C on to a process that the terminal has told already, on a busy machine after a while: that is no second one. */
const echoMs = 3_000;

export function listenForInterruption({
  signals,
  endAtOnce,
  elapsedMs = () => performance.now(),
}: InterruptionOptions): Interruption {
  let firstAtMs: number | undefined;
  let resolveFirst: () => void = () => undefined;
  const first = new Promise<void>((resolve) => {
    resolveFirst = resolve;
  });
  const heard = () => {
    if (firstAtMs === undefined) {
      firstAtMs = elapsedMs();
      resolveFirst();
    } else if (elapsedMs() - firstAtMs > echoMs) {
      endAtOnce();
    }
  };
  for (const signal of interrupting) signals.on(signal, heard);
  return {
    first,
    release() {
      for (const signal of interrupting) signals.off(signal, heard);
    },
  };
}
