/** Values that a label may have: a closed list, one that the configuration closes, or `open`: as they come, up to a bound. */
export type LabelValues =
  readonly string[] | 'steps' | 'steps_or_none' | 'providers' | 'sources' | 'version' | 'open';

export interface MetricDefinition {
  type: 'gauge' | 'counter' | 'histogram';
  /** One sentence for whoever finds it in a dashboard. */
  help: string;
  /** What a value is counted in, for axes. */
  unit: 'jobs' | 'seconds' | 'timestamp' | 'calls' | 'mails' | 'events' | 'alerts' | 'yes_no' | 'number';
  /** `database`: every replica shows the same truth, aggregate with max. `process`: each counts its own, sum them. */
  source: 'database' | 'process';
  labels: Readonly<Record<string, LabelValues>>;
  buckets?: readonly number[];
}

/** What a value becomes that is in no list. */
export const otherValue = 'other';

/** Of a metric that has a label without a closed list, a process tells so many series apart; what comes later is `other`. */
export const openSeriesMax = 60;

/** From a hundredth of a second to a minute: what a call or a step takes. */
export const durationBuckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
