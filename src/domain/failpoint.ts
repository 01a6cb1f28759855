/**
 * The boundaries of a job's life at which a process may die or an answer be lost. Production puts nothing there; fault
 * drills do, one after the other.
 */
export const failpointNames = [
  /** Jobs were claimed; nothing has been done for them. */
  'claimed',
  /** Right before a provider is called. */
  'before_call',
  /** The provider has answered; nobody but this process knows. */
  'after_call',
  /** The intent of an effect is committed; the effect has not been made. */
  'intended',
  /** Results are about to be written. */
  'before_record',
  /** Everything is written, and not committed. */
  'before_commit',
  /** It is committed; this process does not act on it yet. */
  'committed',
  /** What was committed is known here; the next steps are about to start. */
  'before_next_step',
] as const;
export type FailpointName = (typeof failpointNames)[number];

/** Where exactly: which jobs, and which of their work. */
export interface FailpointSite {
  jobIds: string[];
  /** `<step>`, `<step>/<effect key>`, or what a record writes, in order. */
  work: string[];
}

/** What a drill does at a boundary. It may throw, or never return. */
export type Failpoint = (name: FailpointName, site: FailpointSite) => void | Promise<void>;
