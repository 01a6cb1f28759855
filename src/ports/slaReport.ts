/** Orders of a time by what became of them; times in seconds from acceptance. */
export interface SlaFigures {
  orders: number;
  met: number;
  breached: number;
  /** Open within their time, or held. */
  running: number;
  cancelled: number;
  /** Of completed orders; null where there are none. */
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

export interface LateOrder {
  jobId: string;
  state: string;
  /** Until it was completed; until now where it is not. */
  waitedSeconds: number;
  failedStep: string | null;
  reason: string | null;
}

export interface SlaReading {
  whole: SlaFigures;
  /** Days with orders, the first one first. */
  days: Array<SlaFigures & { day: string }>;
  failures: Array<{ step: string; reason: string; failures: number }>;
  /** Those that nobody has completed first, then those that took longest. */
  worst: LateOrder[];
}

export interface SlaReportReader {
  /**
   * @param from first day, in UTC: `2026-11-01`
   * @param to last day
   * @throws Fault transient, when the database cannot be reached
   */
  read(asked: { from: string; to: string; worstMax: number }): Promise<SlaReading>;
}
