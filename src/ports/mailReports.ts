/** A provider whose signed reports are read. */
export interface ExpectedReports {
  provider: string;
  /** Its answer proves a mail by itself, so that nothing else waits for a report of it. */
  answerProves: boolean;
}

/** What is known of the reports of one provider. */
export interface ReportStanding {
  provider: string;
  /** Since when its reports are read; null: they are not. */
  expectedSince: Date | null;
  /** When the last authentic one came; null: none ever has. */
  heardAt: Date | null;
  /** Mails that it took since, long enough ago, and of which nothing was heard. Counted up to a thousand. */
  awaiting: number;
}

/** A place where something should be heard of mails. */
export interface HeardStanding {
  /** The provider that reports, or the name of the place that is looked at. */
  place: string;
  kind: 'reports' | 'source';
  /** When a report came last, or it was last read with success. */
  lastAt: Date | null;
  /** Since when silence counts. */
  since: Date;
  /** Mails that were taken since, long enough ago, and of which nothing was heard. */
  awaiting: number;
  /** The database's clock. */
  now: Date;
}
