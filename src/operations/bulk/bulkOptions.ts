import type { BulkDecisions, BulkPlanning, BulkReports } from '../../ports/bulk.ts';
import type { Clock } from '../../ports/clock.ts';
import type { BulkActions } from './bulkActions.ts';

export interface BulkOperationsOptions {
  actions: BulkActions;
  planning: BulkPlanning;
  decisions: BulkDecisions;
  reports: BulkReports;
  clock: Pick<Clock, 'now'>;
  sha256(bytes: Uint8Array): Uint8Array;
  /** Steps that send a mail, of orders and of mails that staff has asked for. */
  mailSteps: ReadonlySet<string>;
  /** A plan for more items needs a second person. Default 100. */
  approvalAbove?: number;
  /** The most items of one plan. Default 10 000. */
  itemsMax?: number;
}

export const defaultApprovalAbove = 100;
export const defaultItemsMax = 10_000;

/** How long a plan may wait for whoever starts it. */
export const planLivesMs = 10 * 60_000;

/** How often items are carried out, in a second, unless somebody says otherwise; and at most. */
export const ratePerSecond = { normal: 5, max: 50 } as const;
