import type { WatchedTransaction } from './transactionWatch.ts';

/** Which connections; what is left out does not matter. */
export interface ConnectionMatch {
  /** The `application_name` of the startup packet. */
  applicationName?: string;
  user?: string;
}

/** Which transactions; what is left out does not matter. A table without a schema means that table of any schema. */
export interface TransactionMatch extends ConnectionMatch {
  /** Tables its statements mention, all of these. */
  tables?: string[];
  /** Tables its statements change, all of these. */
  writes?: string[];
  /** Functions its statements call by a name with a schema, all of these. */
  calls?: string[];
  /** A part of one of its statements, whatever the case and the white space. */
  sql?: string;
  /**
   * Blocks from BEGIN to COMMIT, or single requests that are transactions by themselves. Default `block` for what
   * strikes at a message of the transaction, `any` for cut results and what strikes at once.
   */
  form?: 'block' | 'single' | 'any';
}

interface Repeats {
  /** How often it strikes. Default: until cleared. */
  times?: number;
  /** How many that match it lets pass first. Default 0. */
  after?: number;
}

type OnTransaction = Repeats & { match?: TransactionMatch };
type OnConnection = Repeats & { match?: ConnectionMatch };

export type Fault =
  /** The server commits; the client gets a reset instead of the answer. */
  | ({ kind: 'dropCommitAnswer' } & OnTransaction)
  /** The server commits; the client learns it later. */
  | ({ kind: 'delayCommitAnswer'; delayMs: number } & OnTransaction)
  /** The server never sees the COMMIT and rolls back; the client gets a reset. */
  | ({ kind: 'cutBeforeCommit' } & OnTransaction)
  /** The client gets so many bytes of a result's rows, then the end of the stream. Strikes results with more than that. */
  | ({ kind: 'cutResult'; afterBytes: number } & OnTransaction)
  /** Nothing goes through in either direction, an end or a reset neither, until cleared or for a time. Then all does. */
  | ({ kind: 'halfOpen'; when?: HalfOpenWhen; forMs?: number } & OnTransaction)
  /** New connections get a reset, or a Postgres error with this SQLSTATE. */
  | ({ kind: 'refuse'; sqlState?: string } & OnConnection)
  /** Every chunk waits, in both directions and one after the other. Counts once for each connection. */
  | ({ kind: 'latency'; delayMs: number } & OnConnection);

/**
 * When a connection becomes half-open: `now` (all that match at the moment of arming), `connecting` (new ones), before
 * the COMMIT reaches the server, before its answer reaches the client, or before the answer to a statement in a block
 * does.
 */
export type HalfOpenWhen = 'now' | 'connecting' | 'beforeCommit' | 'commitAnswer' | 'statementAnswer';

export interface FiredFault {
  kind: Fault['kind'];
  /** Connections count from 1 in the order in which they came. */
  connection: number;
  applicationName: string;
  user: string;
  /** What the transaction had mentioned, changed and called until then. */
  tables: string[];
  writes: string[];
  calls: string[];
  /** The statement that matched, or the last one, without the contents of literals, at most 160 characters. */
  statement?: string;
  /** Since 1970. */
  atMs: number;
}

/** A connection, and the transaction if one is meant. */
export interface Circumstance {
  connection: number;
  applicationName: string;
  user: string;
  transaction?: WatchedTransaction | undefined;
}

/** The fault that strikes, and the end of what it does. */
export interface Strike<F extends Fault = Fault> {
  fault: F;
  cleared: AbortSignal;
}

export type FaultOf<K extends Fault['kind']> = Extract<Fault, { kind: K }>;

export interface FaultBook {
  /** Returns how to disarm and end just this one. */
  arm(fault: Fault): () => void;
  clear(): void;
  fired(): FiredFault[];
  /** The first armed fault of this kind that matches. It is counted and logged. */
  take<K extends Fault['kind']>(
    kind: K,
    about: Circumstance,
    fits?: (fault: FaultOf<K>) => boolean,
  ): Strike<FaultOf<K>> | undefined;
  /** Whether `take` may find one. */
  mayStrike(kinds: Fault['kind'][], about: Circumstance): boolean;
  isArmed(kind: Fault['kind']): boolean;
  /** How long a chunk of this connection waits now. */
  latency(about: Circumstance): Strike<FaultOf<'latency'>>[];
}

interface Armed {
  fault: Fault;
  seen: number;
  struck: number;
  /** For what goes on: the connections it met, and whether it strikes them. */
  met: Map<number, boolean>;
  over: AbortController;
}

export function createFaultBook(): FaultBook {
  const armed = new Set<Armed>();
  const log: FiredFault[] = [];

  const isLeft = ({ fault, struck }: Armed) => struck < (fault.times ?? Infinity);
  const candidates = (kind: Fault['kind'], about: Circumstance) =>
    [...armed].filter((one) => one.fault.kind === kind && isLeft(one) && matches(one.fault, about));

  function end(one: Armed): void {
    armed.delete(one);
    one.over.abort();
  }

  function note(one: Armed, about: Circumstance): void {
    one.struck += 1;
    log.push(entryOf(one.fault, about));
  }

  return {
    arm(fault) {
      const one = { fault, seen: 0, struck: 0, met: new Map<number, boolean>(), over: new AbortController() };
      armed.add(one);
      return () => end(one);
    },
    clear: () => armed.forEach(end),
    fired: () => [...log],
    take(kind, about, fits = () => true) {
      for (const one of candidates(kind, about)) {
        const fault = one.fault as FaultOf<typeof kind>;
        if (!fits(fault)) continue;
        one.seen += 1;
        if (one.seen <= (fault.after ?? 0)) continue;
        note(one, about);
        return { fault, cleared: one.over.signal };
      }
      return undefined;
    },
    mayStrike: (kinds, about) => kinds.some((kind) => candidates(kind, about).length > 0),
    isArmed(kind) {
      for (const one of armed) if (one.fault.kind === kind && isLeft(one)) return true;
      return false;
    },
    latency(about) {
      const strikes: Strike<FaultOf<'latency'>>[] = [];
      for (const one of armed) {
        if (one.fault.kind !== 'latency' || !matches(one.fault, about)) continue;
        if (!one.met.has(about.connection)) {
          one.seen += 1;
          const strikes = one.seen > (one.fault.after ?? 0) && isLeft(one);
          one.met.set(about.connection, strikes);
          if (strikes) note(one, about);
        }
        if (one.met.get(about.connection) !== true) continue;
        strikes.push({ fault: one.fault, cleared: one.over.signal });
      }
      return strikes;
    },
  };
}

function matches(fault: Fault, { applicationName, user, transaction }: Circumstance): boolean {
  const match: TransactionMatch = fault.match ?? {};
  if (match.applicationName !== undefined && match.applicationName !== applicationName) return false;
  if (match.user !== undefined && match.user !== user) return false;
  const { tables = [], writes = [], calls = [], sql } = match;
  const asksTransaction = tables.length + writes.length + calls.length > 0 || sql !== undefined;
  if (!transaction) return !asksTransaction;
  const form = match.form ?? usualForm(fault);
  return (
    (form === 'any' || form === transaction.form) &&
    tables.every((table) => names(transaction.tables, table)) &&
    writes.every((table) => names(transaction.writes, table)) &&
    calls.every((name) => names(transaction.calls, name)) &&
    (sql === undefined || statementWith(transaction, sql) !== undefined)
  );
}

function usualForm(fault: Fault): 'block' | 'any' {
  if (fault.kind !== 'halfOpen') return fault.kind === 'cutResult' ? 'any' : 'block';
  return fault.when === undefined || fault.when === 'now' ? 'any' : 'block';
}

/** `receipts` names that table in any schema, and a statement may leave out the schema too. */
function names(found: Set<string>, wanted: string): boolean {
  const name = wanted.toLowerCase();
  const [bare] = name.split('.').slice(-1);
  return [...found].some(
    (one) => one === name || one === bare || (name === bare && one.endsWith(`.${name}`)),
  );
}

function statementWith({ statements }: WatchedTransaction, sql: string) {
  const part = sql.replace(/\s+/g, ' ').toLowerCase();
  return statements.find(({ text }) => text.toLowerCase().includes(part));
}

function entryOf(fault: Fault, { connection, applicationName, user, transaction }: Circumstance): FiredFault {
  const { sql }: TransactionMatch = fault.match ?? {};
  const matched =
    transaction && ((sql !== undefined && statementWith(transaction, sql)) || transaction.statements.at(-1));
  return {
    kind: fault.kind,
    connection,
    applicationName,
    user,
    tables: [...(transaction?.tables ?? [])],
    writes: [...(transaction?.writes ?? [])],
    calls: [...(transaction?.calls ?? [])],
    ...(matched && { statement: matched.outline.slice(0, 160) }),
    atMs: Date.now(),
  };
}
