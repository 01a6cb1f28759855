/** What is done once a day, by whichever process comes first. Clocks are the database's; days are UTC's. */
export interface DailyDuties {
  /**
   * Takes today's duty. Null when somebody else has it, or had it: whoever began and did not finish for
   * `againAfterMs` counts as dead, or as failed, and their duty is taken over.
   */
  begin(duty: string, againAfterMs: number): Promise<DailyDuty | null>;
  finish(duty: DailyDuty): Promise<void>;
}

export interface DailyDuty {
  duty: string;
  /** `2026-11-22` */
  day: string;
}
