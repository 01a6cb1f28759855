import { errorTrace } from '../domain/errorTrace.ts';
import { Fault } from '../domain/fault.ts';
import type { Telemetry } from '../ports/telemetry.ts';

/** Tells of an error that ends nothing: what passes by itself as such, everything else as a bug with its trace. */
export function tellTrouble(telemetry: Telemetry, during: string, error: unknown): void {
  const passes = error instanceof Fault && error.kind === 'transient';
  if (passes) telemetry.emit({ name: 'database.unavailable', during, error: error.reason });
  else telemetry.emit({ name: 'unexpected.error', during, ...errorTrace(error) });
}
