import type { z } from 'zod';
import type { Permission, Role } from '../../domain/permissions.ts';
import type { AuditChannel } from '../../domain/auditChain.ts';
import type { AuditObject } from '../../ports/audit.ts';
import type { Transaction } from '../../ports/transaction.ts';

/** Who asks, as the door they came by has established it. */
export interface Caller {
  /** The identity provider's subject: the audit's actor. */
  subject: string;
  /** Those that hold now: the token's, without what our own row of them withholds. */
  roles: readonly Role[];
  channel: AuditChannel;
  traceId?: string;
}

export interface Asked {
  caller: Caller;
  input: unknown;
  /** For changes: chosen by whoever asks, once per intention. */
  requestId?: string;
  reason?: string;
  /** Set where the change is one item of a bulk run. */
  bulkRunId?: string;
}

/** Who asks and why, as an operation sees it once that has been checked. */
export interface By {
  caller: Caller;
  /** How timelines name them: `staff:<subject>`. */
  actor: string;
  reason: string | null;
  requestId: string;
}

interface Shape<Input, Output> {
  /** Also the action's name in the audit: `job:retry`. */
  name: string;
  permission: Permission;
  /** One line for the help and the API's document: what it does, in the imperative. */
  summary: string;
  /** Where the API has it, below `/v1/admin`; `:name` stands for a field of the input. */
  path: string;
  /** Every field described; unknown ones refused (`z.strictObject`). */
  input: z.ZodType<Input>;
  /** JSON; buyers' data masked. */
  output: z.ZodType<Output>;
}

/** Looks and changes nothing. */
export interface ReadOperation<Input = unknown, Output = unknown> extends Shape<Input, Output> {
  kind: 'read';
  /**
   * Where the API has it once more, asked with a body by POST: for input that holds what buyers are called, which the
   * logs of a proxy should not keep. Not for what leaves a trace, which is asked so anyway.
   */
  byBody?: string;
  /** What is written into the audit, where looking alone must leave a trace. */
  audited?: (input: Input) => {
    target: { kind: string; id: string } | null;
    reason: 'required' | 'optional';
    /** What of it was looked at: names and counts, without a buyer's data. */
    details?: (output: Output) => AuditObject;
  };
  read(input: Input, by: By): Promise<Output>;
}

/** What a change leaves behind. */
export interface Changed<Output> {
  output: Output;
  /** States, versions and ids, before and after: for the audit, so without a buyer's data. */
  before: AuditObject;
  after: AuditObject;
  details?: AuditObject;
  /** Whether a worker has something to do now. */
  work?: boolean;
}

/** Changes something, once per request id, with one row of audit in the same transaction. */
export interface ChangeOperation<Input = unknown, Output = unknown, Seen = unknown> extends Shape<
  Input,
  Output
> {
  kind: 'change';
  /** Whether people have to say why. */
  reason: 'required' | 'optional';
  target(input: Input): { kind: string; id: string };
  /**
   * Asks the outside for what the decision needs, before the transaction: none is open across a network call.
   *
   * @throws Refusal when what is outside does not allow it
   */
  look?(input: Input): Promise<Seen>;
  /** Instead of `look`: does something outside that must not be done twice for one request. */
  outside?: OutsideEffect<Input, Seen>;
  /**
   * @param seen what `look` or `outside` has brought
   * @throws Refusal when it makes no sense now, or what it was decided on has moved
   */
  change(tx: Transaction, input: Input, by: By, seen?: Seen): Promise<Changed<Output>>;
}

/**
 * What a change does outside. The request's id, what `begin` writes and a row of audit are committed before anything is
 * done: a request that was begun is never carried out again, also when its answer or its process was lost.
 */
export interface OutsideEffect<Input = unknown, Seen = unknown> {
  /** Nothing of it takes longer: a request that was begun earlier and has no answer was cut off. */
  lastsMaxMs: number;
  /**
   * @returns for the audit, what was begun; and what is called after COMMIT, with no transaction open
   * @throws Refusal when it makes no sense now; then nothing was begun
   */
  begin(tx: Transaction, input: Input, by: By): Promise<{ after: AuditObject; carryOut(): Promise<Seen> }>;
}

export type Operation<Input = unknown, Output = unknown> =
  ReadOperation<Input, Output> | ChangeOperation<Input, Output>;

/** Operations of unlike inputs in one list: what goes in is checked by their schemas. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyOperation = Operation<any, any>;

/** What came of it. */
export interface Answer {
  output: unknown;
  /** The row of audit; null for what leaves none. */
  auditSeq: number | null;
  /** The same request was answered before, and nothing was done now. */
  repeated: boolean;
}
