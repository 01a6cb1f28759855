/** Places in this process per provider: the bulkhead that keeps one slow provider from filling the process. */
export interface Places {
  /** Resolves when there is room; the returned function gives the place back. Rejects when the signal is aborted. */
  enter(provider: string, signal: AbortSignal): Promise<() => void>;
  /** A place, if one is free now. */
  tryEnter(provider: string): (() => void) | undefined;
  /** Nobody has left for a while, and others wait already: whoever comes now would wait in vain. */
  isStuck(provider: string): boolean;
}

interface Gate {
  places: number;
  free: number;
  waiting: Array<() => void>;
  /** When somebody last left, or the gate was opened. */
  movedMs: number;
}

export interface PlacesOptions {
  /** Concurrent calls per provider; `fallback` for those without an own figure. */
  limits: Record<string, number>;
  fallback: number;
  clock: { elapsedMs(): number };
}

/** After so long without anybody leaving, a full gate is taken for stuck. */
const stuckAfterMs = 1_000;

export function createPlaces({ limits, fallback, clock }: PlacesOptions): Places {
  const gates = new Map<string, Gate>();

  function gateOf(provider: string): Gate {
    let gate = gates.get(provider);
    if (!gate) {
      const places = limits[provider] ?? fallback;
      gate = { places, free: places, waiting: [], movedMs: clock.elapsedMs() };
      gates.set(provider, gate);
    }
    return gate;
  }

  function leave(gate: Gate): void {
    gate.movedMs = clock.elapsedMs();
    const next = gate.waiting.shift();
    if (next) next();
    else gate.free += 1;
  }

  /** What gives a place back, once. */
  function placeAt(gate: Gate): () => void {
    let left = false;
    return () => {
      if (!left) leave(gate);
      left = true;
    };
  }

  function tryEnter(provider: string): (() => void) | undefined {
    const gate = gateOf(provider);
    if (gate.free === 0) return undefined;
    gate.free -= 1;
    if (gate.free === 0) gate.movedMs = clock.elapsedMs();
    return placeAt(gate);
  }

  return {
    tryEnter,
    enter(provider, signal) {
      if (signal.aborted) return Promise.reject(signal.reason as Error);
      const place = tryEnter(provider);
      if (place) return Promise.resolve(place);
      const gate = gateOf(provider);
      return new Promise((resolve, reject) => {
        const admit = () => {
          signal.removeEventListener('abort', giveUp);
          resolve(placeAt(gate));
        };
        const giveUp = () => {
          gate.waiting.splice(gate.waiting.indexOf(admit), 1);
          reject(signal.reason as Error);
        };
        signal.addEventListener('abort', giveUp, { once: true });
        gate.waiting.push(admit);
      });
    },
    isStuck(provider) {
      const { free, places, waiting, movedMs } = gateOf(provider);
      return free === 0 && waiting.length >= places && clock.elapsedMs() - movedMs > stuckAfterMs;
    },
  };
}
