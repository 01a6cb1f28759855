import type { Permission } from '../../domain/permissions.ts';
import { createExtendDownloads } from '../buyers/extendDownloads.ts';
import type { BuyerOperationsOptions } from '../buyers/askForMail.ts';
import { createReissueLinks } from '../buyers/reissueLinks.ts';
import { createResendReceipt } from '../buyers/resendReceipt.ts';
import type { ChangeOperation } from '../frame/operation.ts';
import { createRetryJob } from '../jobs/retryJob.ts';
import { createCancelJob, createHoldJob, createReleaseJob } from '../jobs/standstill.ts';

/** Operations on one order that make sense for many. */
export const bulkActionNames = [
  'job:retry',
  'job:hold',
  'job:release',
  'job:cancel',
  'receipt:resend',
  'links:reissue',
  'downloads:extend',
] as const;
export type BulkActionName = (typeof bulkActionNames)[number];

export interface BulkAction {
  name: BulkActionName;
  permission: Permission;
  /** The operation's own schema: a job, its version, and what the action takes beside them. */
  input: ChangeOperation['input'];
  /** Whether a second person approves it, however few items it has. */
  approval: 'always' | 'when_large';
  /** The operation itself, over the stores it is given. */
  over(stores: Pick<BuyerOperationsOptions, 'jobs' | 'buyers'>): ChangeOperation;
}

type OperationOver = (options: BuyerOperationsOptions) => ChangeOperation;

const operations: Record<BulkActionName, OperationOver> = {
  'job:retry': ({ jobs }) => createRetryJob(jobs),
  'job:hold': ({ jobs }) => createHoldJob(jobs),
  'job:release': ({ jobs }) => createReleaseJob(jobs),
  'job:cancel': ({ jobs }) => createCancelJob(jobs),
  'receipt:resend': (options) => createResendReceipt(options),
  'links:reissue': (options) => createReissueLinks(options),
  'downloads:extend': (options) => createExtendDownloads(options),
};

export type BulkActions = ReadonlyMap<string, BulkAction>;

export function createBulkActions(options: BuyerOperationsOptions): BulkActions {
  return new Map(
    bulkActionNames.map((name) => {
      const { permission, input } = operations[name](options);
      const action: BulkAction = {
        name,
        permission,
        input,
        approval: name === 'job:cancel' ? 'always' : 'when_large',
        over: (stores) => operations[name]({ ...options, ...stores }),
      };
      return [name, action];
    }),
  );
}
