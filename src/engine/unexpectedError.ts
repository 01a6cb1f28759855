import { errorTrace } from '../domain/errorTrace.ts';
import type { TelemetryEvent } from '../ports/telemetry.ts';

/** Tells of a bug by its kind and place. */
export function unexpectedError(thrown: unknown, during: string): TelemetryEvent {
  return { name: 'unexpected.error', during, ...errorTrace(thrown) };
}
