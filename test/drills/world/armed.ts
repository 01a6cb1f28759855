import type { Failpoint } from '../../../src/domain/failpoint.ts';
import { boundariesAt, type Boundary } from '../boundary.ts';
import type { ProductNews } from './productProcess.ts';

/** Told to a process while it works: what it is to do to itself when it next comes by a boundary, or that it is not to. */
export type Arming = { kind: 'arm'; strike: 'die' | 'freeze'; at: Boundary } | { kind: 'disarm' };

const signals = { die: 'SIGKILL', freeze: 'SIGSTOP' } as const;
/** The message that tells of it needs a moment to leave. */
const tellMs = 15;

/** A failpoint that waits to be armed, by messages of the process that has started this one. */
export function armable(tell: (news: ProductNews) => void): Failpoint {
  let armed: Extract<Arming, { kind: 'arm' }> | undefined;
  process.on('message', (message: Arming) => {
    if (message.kind === 'arm') armed = message;
    if (message.kind === 'disarm') armed = undefined;
    tell({ kind: 'heard' });
  });
  return async (name, site) => {
    if (!armed || !boundariesAt(name, site).includes(armed.at)) return;
    const { strike, at } = armed;
    armed = undefined;
    tell({ kind: 'struck', boundary: at });
    await new Promise((resolve) => setTimeout(resolve, tellMs));
    process.kill(process.pid, signals[strike]);
    if (strike === 'die') await new Promise(() => undefined);
    // Whoever comes back from being frozen says so.
    tell({ kind: 'heard' });
  };
}
