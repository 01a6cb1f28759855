import type { Failpoint } from '../../../src/domain/failpoint.ts';
import type { DrillHooks } from '../../../src/main/drillHooks.ts';
import { systemClock } from '../../../src/main/systemClock.ts';
import { boundariesAt, type Boundary } from '../boundary.ts';
import { type BugName, plantBug } from '../bugs/bugs.ts';
import { armable } from './armed.ts';
import type { ProductNews } from './productProcess.ts';

/** What a drill wants of a process. All of it can be written down, so that it can be sent there. */
export interface HookOrders {
  /** Tells every boundary it comes by for the first time. */
  survey?: boolean;
  /** Dies there, the first time. */
  dieAt?: Boundary;
  /** The job, by its id, for whose sake alone it dies. */
  dieFor?: string;
  /** Is told to end there, the first time, and goes on; so much later it is killed, should it not have ended. */
  termAt?: Boundary;
  killAfterMs?: number;
  /** Does not hear the answers there, each once, and one of each job at most. */
  deafAt?: Boundary[];
  /** Stops itself there, the first time, until it gets SIGCONT. */
  freezeAt?: Boundary;
  /** Computes there, the first time, for so long, and hears nothing meanwhile. */
  busyAt?: Boundary;
  busyMs?: number;
  /** Does to itself what it is told to while it works. */
  armable?: true;
  /** Retries after this long at most, where waiting is not the point. */
  retryWithinMs?: number;
  /** How far its wall clock is off. */
  clockOffMs?: number;
  /** A mistake in the product, to see whether it is found. */
  bug?: BugName;
}

export function hooksOf(orders: HookOrders, tell: (news: ProductNews) => void): DrillHooks {
  const { retryWithinMs, clockOffMs, bug } = orders;
  const failpoint = failpointOf(orders, tell);
  const mended: DrillHooks = {
    ...(failpoint && { failpoint }),
    ...(retryWithinMs !== undefined && {
      step: (step) => ({
        ...step,
        retry: { ...step.retry, baseMs: Math.min(step.retry.baseMs, retryWithinMs), capMs: retryWithinMs },
      }),
    }),
    ...(clockOffMs !== undefined && {
      clock: { ...systemClock, now: () => new Date(Date.now() + clockOffMs) },
    }),
  };
  return bug ? plantBug(bug, mended) : mended;
}

function failpointOf(orders: HookOrders, tell: (news: ProductNews) => void): Failpoint | undefined {
  const { survey, dieAt, termAt, killAfterMs = 0, deafAt, freezeAt, busyAt, busyMs = 0 } = orders;
  if (orders.armable) return armable(tell);
  if (survey) return lookOn(tell);
  if (dieAt !== undefined) return dying(dieAt, orders.dieFor);
  if (termAt !== undefined) return once(termAt, tell, () => endWithin(killAfterMs));
  if (deafAt) return deaf(deafAt, tell);
  if (freezeAt !== undefined) return once(freezeAt, tell, () => process.kill(process.pid, 'SIGSTOP'));
  if (busyAt !== undefined) return once(busyAt, tell, () => compute(busyMs));
  return undefined;
}

function lookOn(tell: (news: ProductNews) => void): Failpoint {
  const seen = new Set<Boundary>();
  return (name, site) => {
    for (const boundary of boundariesAt(name, site)) {
      if (seen.has(boundary)) continue;
      seen.add(boundary);
      tell({ kind: 'boundary', boundary });
    }
  };
}

const forever = new Promise<never>(() => undefined);

function dying(at: Boundary, jobId?: string): Failpoint {
  return async (name, site) => {
    if (!boundariesAt(name, site).includes(at)) return;
    if (jobId !== undefined && !site.jobIds.includes(jobId)) return;
    process.kill(process.pid, 'SIGKILL');
    await forever;
  };
}

function once(at: Boundary, tell: (news: ProductNews) => void, strike: () => void): Failpoint {
  let over = false;
  return async (name, site) => {
    if (over || !boundariesAt(name, site).includes(at)) return;
    over = true;
    // Told before it is done, for afterwards nothing is told; the message needs a moment to leave.
    tell({ kind: 'struck', boundary: at });
    await new Promise((resolve) => setTimeout(resolve, 20));
    strike();
  };
}

function endWithin(ms: number): void {
  process.kill(process.pid, 'SIGTERM');
  // Who has ended in good order by then is not held back by it.
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), ms).unref();
}

function compute(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

/** What was done is done, and the process hears of a broken connection instead. */
function deaf(at: Boundary[], tell: (news: ProductNews) => void): Failpoint {
  const left = new Set(at);
  const struck = new Set<string>();
  return (name, site) => {
    if (site.jobIds.some((id) => struck.has(id))) return;
    const boundary = boundariesAt(name, site).find((one) => left.has(one));
    if (boundary === undefined) return;
    left.delete(boundary);
    for (const id of site.jobIds) struck.add(id);
    tell({ kind: 'struck', boundary });
    throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  };
}
