import type { Finding } from '../../cli/duties.ts';
import { toFault } from '../../domain/fault.ts';
import type { Config } from '../config.ts';

export interface CheckContext {
  config: Config;
  /** Null where the owner's URL is not at hand. */
  migratorUrl: string | null;
  signal: AbortSignal;
}

/** Looks at one thing and changes nothing. Whatever it throws becomes a failed finding. */
export interface Check {
  name: string;
  run(context: CheckContext): Promise<Finding[]>;
}

/** Findings under one name. */
export function findingsOf(check: string) {
  const make = (state: Finding['state']) => (detail: string, remedy?: string) => ({
    check,
    state,
    detail,
    ...(remedy === undefined ? {} : { remedy }),
  });
  return { ok: make('ok'), note: make('note'), warning: make('warning'), failed: make('failed') };
}

/** What an adapter's error means, in its own words, which carry no secrets. */
export function faultText(thrown: unknown): string {
  const fault = toFault(thrown);
  const request = fault.providerRequestId === undefined ? '' : `, request ${fault.providerRequestId}`;
  return `${fault.message} (${fault.reason}${request})`;
}
