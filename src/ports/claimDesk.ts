/** What the worker needs to know of purchases that wait to be claimed, and what it does about them. */
export interface ClaimDesk {
  /** When the code ends; or why its mail is owed no more. */
  lookAtCode(codeId: string): Promise<{ expiresAt: Date } | { over: 'code_over' | 'claimed' }>;
  /** Why nobody is reminded of this purchase any more; undefined: it waits. */
  lookAtReminder(profileId: string, paymentId: string): Promise<ReminderOver | undefined>;
  /**
   * Makes the jobs that remind of purchases, 24 hours and 7 days after they were made, looking on where it last ended. Of
   * any number of processes one does it at a time.
   */
  remind(): Promise<{ reminded: string[]; isCaughtUp: boolean }>;
}

export type ReminderOver = 'claimed' | 'reminders_stopped' | 'nothing_to_claim';
