import { exitCodes, type ExitCode } from '../../exitCodes.ts';
import { durationText } from '../../output/times.ts';
import { AdminProblem } from '../adminClient.ts';
import type { AdminRun } from '../adminRun.ts';
import { option } from '../command.ts';
import { createProgress } from '../progress.ts';
import type { SeenOrder } from './orderView.ts';
import { lookAt } from './showOrders.ts';

export const waitOption = option(
  '--wait',
  'until it is over; ends with 8 when that takes longer than --timeout',
);

export const waitTimeoutMs = 300_000;
const firstPauseMs = 500;
const pauseMaxMs = 5_000;

const codes: Record<string, ExitCode> = {
  completed: exitCodes.ok,
  failed: exitCodes.failed,
  cancelled: exitCodes.failed,
};

/** Looks at a job until it is over, less and less often, and tells how it ended; 8 when it has not in time. */
export async function untilOver(run: AdminRun, jobId: string): Promise<{ code: ExitCode; order: SeenOrder }> {
  const begunMs = run.now().getTime();
  const timeoutMs = run.options.timeout ?? waitTimeoutMs;
  const progress = createProgress(run);
  run.resumeBy(`It goes on without you. To look: fulfillment orders show ${jobId}`);
  try {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.5, pauseMaxMs)) {
      const order = await lookAt(run, jobId);
      const code = codes[order.state];
      if (code !== undefined) return { code, order };
      const elapsedMs = run.now().getTime() - begunMs;
      if (elapsedMs >= timeoutMs) return { code: exitCodes.stillPending, order };
      progress.tell(`${order.status}, ${durationText(elapsedMs / 1_000)}`);
      await run.wait(Math.min(pauseMs, timeoutMs - elapsedMs));
      if (run.signal.aborted)
        throw new AdminProblem({ kind: 'unavailable', code: 'interrupted', detail: 'Interrupted.' });
    }
  } finally {
    progress.end();
  }
}
