/**
 * Where silence becomes an alarm. Prometheus' rules, the sentinel, the dashboards and the pages for people are all made
 * from these figures. The promise itself has no figure here: each job carries its own deadline.
 */
export const guardrails = {
  /** More failures than this within an hour and somebody is called. */
  failuresInHourMax: 3,
  /** Three beats of a worker: one may be late. */
  workerSilentMs: 45_000,
  /** Held on purpose; but a person may forget. */
  heldLongMs: 4 * 3_600_000,
  /** A day, with what it takes at most to begin and to be taken over by another process. */
  dailyOverdueMs: 26 * 3_600_000,
  /** Months whose timeline has its partition already. */
  partitionsAheadMin: 2,
  /** An alert that has reached nobody for so long is told on every other way. */
  deliveryWaitMs: 5 * 60_000,
  /** So long no mail provider may be called before it is more than a hiccup. */
  mailStuckMs: 5 * 60_000,
  /** How old the database's truth in the metrics may be. */
  collectorStaleMs: 60_000,
  /** How old the sentinel's last look may be. */
  sentinelSilentMs: 60_000,
  /** How long the provider's events may go unread, twice what is promised without a webhook. */
  catchUpStaleMs: 150_000,
  /** Three synthetic orders in a row. */
  canaryOverdueMs: 15 * 60_000,
  /** How often the sentinel looks. */
  lookEveryMs: 15_000,
  /** Without an answer of Postgres for so long, the sentinel tells people without it. */
  databaseSilentMs: 60_000,
} as const;

/** 99.9 % of orders are done within their SLA. */
export const sloObjective = 0.999;

/**
 * Burn rates of the SRE workbook: how fast the error budget of 30 days goes in a long window, and still goes in a short
 * one. With few orders one that is late is a large share of them: below `breachedMin` it is the SLA's own alert alone.
 */
export const sloBurns = {
  fast: [
    { factor: 14.4, long: '1h', short: '5m' },
    { factor: 6, long: '6h', short: '30m' },
  ],
  slow: [
    { factor: 3, long: '1d', short: '2h' },
    { factor: 1, long: '3d', short: '6h' },
  ],
  breachedMin: 2,
} as const;

/** Kinds of jobs by which no buyer lacks anything when they fail or are late. */
export const kindsNobodyWaitsFor = ['tell_shop', 'track'] as const;
