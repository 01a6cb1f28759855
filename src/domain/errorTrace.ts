/** What may be told of an error nobody foresaw. */
export interface ErrorTrace {
  /** Class and code, for example `DatabaseError 23505`. */
  error: string;
  /** Where it happened, the innermost frame first. */
  stack?: string;
}

const framesMax = 12;

/**
 * An error by its kind and place. The message is left out, because nobody knows what a message of somebody else's
 * code quotes.
 */
export function errorTrace(thrown: unknown): ErrorTrace {
  const frames =
    thrown instanceof Error ? (thrown.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : [];
  return {
    error: errorName(thrown),
    ...(frames.length ? { stack: frames.slice(0, framesMax).join('\n') } : {}),
  };
}

/** Class and code of an error. */
export function errorName(thrown: unknown): string {
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  const code = (thrown as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? `${name} ${code}` : name;
}
