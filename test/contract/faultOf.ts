import { expect } from 'vitest';
import type { Fault } from '../../src/domain/fault.ts';

/** The fault a call ends with; fails the test when it ends well. */
export const faultOf = (call: Promise<unknown>): Promise<Fault> =>
  call.then(
    () => expect.fail('nothing was thrown'),
    (thrown: Fault) => thrown,
  );
