/** What is stored beside the audit, once it is as old as it may get. Clocks are the database's. */
export interface Retention {
  rawEventDays: number;
  downloadDays: number;
  /** Of staff, after their end. */
  sessionDays: number;
  /** Sources of mails that were taken and never proven. */
  mailDays: number;
  /** Timelines of orders. */
  timelineDays: number;
  auditDays: number;
}

export interface OperationsPast {
  /** Removes requests older than 30 days, at most so many; those of bulk runs that have not ended stay. Tells how many. */
  pruneRequests(limit: number): Promise<number>;
  /** Removes one bulk run that ended more than 13 months ago, with its items. Tells how many: 1, or 0 where there is none. */
  pruneBulkRun(): Promise<number>;
  /** Removes drills of providers older than 13 months, at most so many. Tells how many. */
  pruneDrills(limit: number): Promise<number>;
  /** Empties raw events of Stripe that are older than the shop keeps them, at most so many. Tells how many. */
  pruneEventBytes(limit: number): Promise<number>;
  /** Removes deliveries of files that are older than the shop keeps them, at most so many. Tells how many. */
  pruneDownloads(limit: number): Promise<number>;
  /** Removes sessions of staff that ended longer ago than they are kept, at most so many. Tells how many. */
  pruneSessions(limit: number): Promise<number>;
  /** Removes buyers' wishes for a mail older than 90 days, at most so many. Tells how many. */
  pruneMailRequests(limit: number): Promise<number>;
  /** Empties the oldest month of timelines that is older than they are kept, and of which nothing is open. Tells how many: 1 or 0. */
  pruneTimelineMonth(): Promise<number>;
}
