import pg from 'pg';

// int8 as bigint: lease tokens and money never lose a digit.
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, (text) => BigInt(text));

export interface PoolOptions {
  connectionString: string;
  applicationName: string;
  connectionsMax: number;
  /** How long a new connection may take. Default 5 s. */
  connectTimeoutMs?: number;
  /** How long an answer may take. Default 30 s. */
  answerTimeoutMs?: number;
  /**
   * Lets Postgres plan each statement once per connection. Only where a session stays ours: a transaction pooler gives
   * it to somebody else.
   */
  namedStatements?: boolean;
  /** Called when an idle connection breaks; the pool replaces it by itself. */
  onIdleError?: (error: Error) => void;
}

/**
 * A pool that is correct behind a transaction pooler: no session state, no named statements unless asked for, time
 * limits kept on our side of the wire.
 */
export function createPool(options: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    application_name: options.applicationName,
    max: options.connectionsMax,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    query_timeout: options.answerTimeoutMs ?? 30_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    types,
  });
  // Without a listener a broken idle connection would end the process.
  pool.on('error', (error) => options.onIdleError?.(error));
  // And so would one that breaks on its way from the pool to whoever waits for it: for that moment it is nobody's.
  pool.on('connect', (client) => client.on('error', ignore));
  if (options.namedStatements) nameStatements(pool);
  return pool;
}

/** A broken connection is told of by the pool while it is idle, and by the next query of whoever has it. */
function ignore(): void {}

/** What is planned anew each time: a plan for any limit would be one for a tenth of the table. */
export const planAfresh = '/* planned afresh */';
/** Statements made up by a program of its own must not fill the server's memory. */
const namedMax = 200;

function nameStatements(pool: pg.Pool): void {
  const names = new Map<string, string>();
  const nameOf = (text: string): string | undefined => {
    const known = names.get(text);
    if (known !== undefined || names.size >= namedMax) return known;
    const name = `s${names.size + 1}`;
    names.set(text, name);
    return name;
  };
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...given: unknown[]) => unknown;
    const named = (text: unknown, values: unknown, ...rest: unknown[]) => {
      const name =
        typeof text === 'string' && Array.isArray(values) && !text.startsWith(planAfresh)
          ? nameOf(text)
          : undefined;
      return name === undefined ? query(text, values, ...rest) : query({ name, text, values }, ...rest);
    };
    client.query = named as typeof client.query;
  });
}

const sqlState = /^[0-9A-Z]{5}$/;
/** connection exception, insufficient resources, operator intervention; read-only counts as down (SQLSTATE appendix A). */
const unavailableStates = /^(08|53|57P)|^25006$|^25P0[34]$/;

/** transaction rollback (deadlock, serialization), lock not available, query canceled (SQLSTATE appendix A). */
const conflictStates = /^40(?!003)|^55P03$|^57014$/;

/** Whether others were in the way of a transaction that would do when repeated. */
export function isConflict(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && conflictStates.test(code);
}

/** Whether an error means that the database or the way to it is gone, rather than that a statement was wrong. */
export function isUnavailable(error: unknown): boolean {
  // Node marks our own mistakes with codes too, and tells them by these two classes.
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && sqlState.test(code) && !code.startsWith('E'))
    return unavailableStates.test(code);
  if (typeof code === 'string') return true;
  return /terminated|timeout|timed out|not queryable|Cannot use a pool/i.test(error.message);
}
