import { exitCodes, type ExitCode } from '../../exitCodes.ts';
import { durationText } from '../../output/times.ts';
import { AdminProblem } from '../adminClient.ts';
import { type AdminRun, membersOf } from '../adminRun.ts';
import { createProgress } from '../progress.ts';
import { runLines, shownRunView } from './bulkView.ts';

const everyMs = 1_000;
/** A run of thousands takes its time: unless told, it is waited for that long. */
const waitTimeoutMs = 3_600_000;

/** Looks at a run until it is over, shows how it ended, and ends accordingly. */
export async function untilRunIsOver(run: AdminRun, runId: string): Promise<ExitCode> {
  const begunMs = run.now().getTime();
  const timeoutMs = run.options.timeout ?? waitTimeoutMs;
  const progress = createProgress(run);
  run.resumeBy(
    `It goes on without you. To look: fulfillment bulk show ${runId} --wait. To end it: fulfillment bulk abort ${runId}`,
  );
  try {
    for (;;) {
      const { raw, seen } = await run.read('bulk:show', { runId, limit: 20 }, shownRunView);
      const over = codeOf(seen);
      const elapsedMs = run.now().getTime() - begunMs;
      if (over !== undefined || elapsedMs >= timeoutMs) {
        progress.end();
        run.show(membersOf(raw), (page) => runLines(seen, page));
        return over ?? exitCodes.stillPending;
      }
      const { done, refused, failed, etaSeconds } = seen.progress;
      const through = done + refused + failed;
      const rate = elapsedMs === 0 ? '' : `, ${(through / (elapsedMs / 1_000)).toFixed(1)}/s`;
      const left = etaSeconds === null ? '' : `, ${durationText(etaSeconds)} to go`;
      progress.tell(
        `${through} of ${seen.eligible}, ${refused + failed} not done${rate}${left}`,
        seen.eligible === 0 ? 1 : through / seen.eligible,
      );
      await run.wait(everyMs);
      if (run.signal.aborted)
        throw new AdminProblem({ kind: 'unavailable', code: 'interrupted', detail: 'Interrupted.' });
    }
  } finally {
    progress.end();
  }
}

interface Ended {
  state: string;
  progress: { done: number; refused: number; failed: number };
}

/** Undefined while it goes on. A pause is for a person to end. */
export function codeOf({ state, progress: { done, refused, failed } }: Ended): ExitCode | undefined {
  if (state === 'running') return undefined;
  if (state === 'finished')
    return refused + failed === 0 ? exitCodes.ok : done === 0 ? exitCodes.failed : exitCodes.partlyFailed;
  if (state === 'paused' || state === 'planned') return exitCodes.stillPending;
  return exitCodes.failed;
}
