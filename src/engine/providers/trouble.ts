import { errorName } from '../../domain/errorTrace.ts';
import type { JobStore } from '../../ports/jobStore.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { unexpectedError } from '../unexpectedError.ts';

export interface TroubleListener {
  store: Pick<JobStore, 'isUnavailable'>;
  telemetry: Telemetry;
}

/** Tells why the tables that workers share of their providers could not be read or written. */
export function tellTrouble({ store, telemetry }: TroubleListener, error: unknown, during: string): void {
  telemetry.emit(
    store.isUnavailable(error)
      ? { name: 'database.unavailable', during, error: errorName(error) }
      : unexpectedError(error, during),
  );
}
