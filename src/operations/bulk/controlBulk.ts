import { z } from 'zod';
import type { BulkRun, BulkState } from '../../ports/bulk.ts';
import type { Transaction } from '../../ports/transaction.ts';
import type { By, ChangeOperation } from '../frame/operation.ts';
import type { BulkOperationsOptions } from './bulkOptions.ts';
import { runIdInput, runOutput, runTarget } from './bulkRunInput.ts';
import { insistOnMayRun } from './mayStart.ts';
import { requestIdOf } from './requestId.ts';
import { lockRun, wrongRunState } from './runUnderLock.ts';

const input = z.strictObject({ runId: runIdInput });
const output = z.strictObject({
  ...runOutput,
  done: z.int(),
  refused: z.int(),
  failed: z.int(),
  waiting: z.int().describe('Items whose turn is still to come.'),
  leftOut: z.int().describe('Items that are not carried out any more.'),
});

type Control = ChangeOperation<z.infer<typeof input>, z.infer<typeof output>>;

interface ControlShape {
  verb: 'pause' | 'resume' | 'abort';
  wish: string;
  summary: string;
  reason: 'required' | 'optional';
  from: readonly BulkState[];
  to: BulkState;
  allowed?(run: BulkRun, by: By): void;
  move(tx: Transaction, runId: string): Promise<{ version: number; leftOut: number }>;
}

function createControl({ decisions }: BulkOperationsOptions, shape: ControlShape): Control {
  return {
    kind: 'change',
    name: `bulk:${shape.verb}`,
    permission: 'bulk:control',
    summary: shape.summary,
    path: `/bulk/runs/:runId/${shape.verb}`,
    reason: shape.reason,
    input,
    output,
    target: runTarget,
    async change(tx, { runId }, by) {
      const run = await lockRun(decisions, tx, runId);
      if (!shape.from.includes(run.state)) throw wrongRunState(run, shape.wish);
      shape.allowed?.(run, by);
      const { version, leftOut } = await shape.move(tx, runId);
      // Locked: nothing is noted meanwhile, but what the move itself has noted.
      const { done, refused, failed } = (await decisions.lock(tx, runId)) ?? run;
      const waiting = shape.to === 'aborted' ? 0 : run.eligible - done - refused - failed;
      return {
        output: { runId, state: shape.to, version, done, refused, failed, waiting, leftOut },
        before: { state: run.state, version: run.version },
        after: { state: shape.to, version },
        details: { done, refused, failed, waiting, leftOut },
      };
    },
  };
}

const leavingOutNone = async (version: Promise<number>) => ({ version: await version, leftOut: 0 });

/** No further item is begun, until it is resumed. */
export const createPauseBulk = (options: BulkOperationsOptions): Control =>
  createControl(options, {
    verb: 'pause',
    wish: 'paused',
    summary: 'Stop a run between two items, until it is resumed',
    reason: 'optional',
    from: ['running'],
    to: 'paused',
    move: (tx, runId) => leavingOutNone(options.decisions.pause(tx, runId)),
  });

/** It goes on as whoever has started it. */
export const createResumeBulk = (options: BulkOperationsOptions): Control =>
  createControl(options, {
    verb: 'resume',
    wish: 'resumed',
    summary: 'Go on with a run that was paused',
    reason: 'optional',
    from: ['paused'],
    to: 'running',
    allowed: (run, by) => insistOnMayRun(options.actions, run, by),
    move: (tx, runId) => leavingOutNone(options.decisions.resume(tx, runId)),
  });

/** What was carried out stays so. */
export const createAbortBulk = (options: BulkOperationsOptions): Control =>
  createControl(options, {
    verb: 'abort',
    wish: 'aborted',
    summary: 'End a run for good, or drop a plan; what was carried out stays so',
    reason: 'required',
    from: ['planned', 'running', 'paused'],
    to: 'aborted',
    move: (tx, runId) => options.decisions.abort(tx, runId, requestIdOf),
  });
