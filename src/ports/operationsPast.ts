/** What operations leave behind beside the audit, once it is as old as it may get. Clocks are the database's. */
export interface OperationsPast {
  /** Removes requests older than 30 days, at most so many; those of bulk runs that have not ended stay. Tells how many. */
  pruneRequests(limit: number): Promise<number>;
  /** Removes one bulk run that ended more than 13 months ago, with its items. Tells how many: 1, or 0 where there is none. */
  pruneBulkRun(): Promise<number>;
  /** Removes drills of providers older than 13 months, at most so many. Tells how many. */
  pruneDrills(limit: number): Promise<number>;
}
