/** A gate per provider, so that one slow provider never starves the other steps of this process. */
export interface ProviderLimits {
  /** Resolves when there is room; the returned function gives the place back. Rejects when the signal is aborted. */
  enter(provider: string, signal: AbortSignal): Promise<() => void>;
}

interface Gate {
  free: number;
  waiting: Array<() => void>;
}

/** @param limits concurrent calls per provider; `fallback` for those without an own figure */
export function createProviderLimits(limits: Record<string, number>, fallback: number): ProviderLimits {
  const gates = new Map<string, Gate>();

  function gateOf(provider: string): Gate {
    let gate = gates.get(provider);
    if (!gate) gates.set(provider, (gate = { free: limits[provider] ?? fallback, waiting: [] }));
    return gate;
  }

  function leave(gate: Gate): void {
    const next = gate.waiting.shift();
    if (next) next();
    else gate.free += 1;
  }

  return {
    enter(provider, signal) {
      const gate = gateOf(provider);
      let left = false;
      const place = () => {
        if (!left) leave(gate);
        left = true;
      };
      if (signal.aborted) return Promise.reject(signal.reason as Error);
      if (gate.free > 0) {
        gate.free -= 1;
        return Promise.resolve(place);
      }
      return new Promise((resolve, reject) => {
        const admit = () => {
          signal.removeEventListener('abort', giveUp);
          resolve(place);
        };
        const giveUp = () => {
          gate.waiting.splice(gate.waiting.indexOf(admit), 1);
          reject(signal.reason as Error);
        };
        signal.addEventListener('abort', giveUp, { once: true });
        gate.waiting.push(admit);
      });
    },
  };
}
