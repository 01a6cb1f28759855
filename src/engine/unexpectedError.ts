import type { TelemetryEvent } from '../ports/telemetry.ts';

/**
 * Tells of a bug by where it happened. The message is left out, because nobody knows what a message of somebody
 * else's code quotes; class, code and stack frames are enough to find it.
 */
export function unexpectedError(thrown: unknown, during: string): TelemetryEvent {
  const frames =
    thrown instanceof Error
      ? thrown.stack
          ?.split('\n')
          .filter((line) => /^\s+at /.test(line))
          .slice(0, 12)
      : undefined;
  return {
    name: 'unexpected.error',
    during,
    error: errorName(thrown),
    ...(frames?.length ? { stack: frames.join('\n') } : {}),
  };
}

/** Class and code of an error, for example `DatabaseError 23505`. */
export function errorName(thrown: unknown): string {
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  const code = (thrown as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? `${name} ${code}` : name;
}
