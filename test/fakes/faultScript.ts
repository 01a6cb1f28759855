import { Fault } from '../../src/domain/fault.ts';
import type { FaultDetails } from '../../src/domain/fault.ts';

export interface FaultScript {
  /** The next calls fail with these, in order; `null` lets one through. */
  fail(...faults: Array<FaultDetails | null>): void;
  /** Every call from now on fails with this, until `null`. */
  failAlways(fault: FaultDetails | null): void;
  /** Throws what is due. */
  check(): void;
}

export function createFaultScript(): FaultScript {
  const scripted: Array<FaultDetails | null> = [];
  let always: FaultDetails | null = null;
  return {
    fail: (...faults) => void scripted.push(...faults),
    failAlways: (fault) => {
      always = fault;
    },
    check: () => {
      const due = scripted.shift() ?? always;
      if (due) throw new Fault(due);
    },
  };
}

/** A fault for scripts; transient unless told otherwise. */
export const aFault = (details: Partial<FaultDetails> = {}): FaultDetails => ({
  kind: 'transient',
  reason: 'test_trouble',
  message: 'Trouble made by a test.',
  ...details,
});
