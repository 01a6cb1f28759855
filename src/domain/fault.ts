/**
 * How a step can fail, and what each kind means for the job (DESIGN law 8).
 *
 * - `transient`: may pass by itself; retried with backoff.
 * - `rate_limited`: the provider asked us to wait; spends no attempt.
 * - `permanent`: will never pass by itself; stops at once.
 * - `needs_human`: a fact is missing that only a person or a later event can bring; rechecked, alerted at once.
 * - `unknown_effect`: the request may have taken effect and the answer was lost; asked about, never blindly repeated.
 */
export const faultKinds = [
  'transient',
  'rate_limited',
  'permanent',
  'needs_human',
  'unknown_effect',
] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface FaultDetails {
  kind: FaultKind;
  /** Stable snake_case code from a closed vocabulary; it becomes the metric label `reason`. */
  reason: string;
  /** One sentence for staff. Never carries secrets or buyers' data. */
  message: string;
  /** How long the provider asked us to wait, in milliseconds. */
  retryAfterMs?: number;
  provider?: string;
  /** The provider's own id of the failed request, to quote to its support. */
  providerRequestId?: string;
  /**
   * Certainly not done by this provider, and another one may do it: `now`, for it was not asked yet, or `later`, for it
   * has put it off.
   */
  elsewhere?: 'now' | 'later';
}

/** The only error adapters throw. Anything else that is thrown is a bug and is treated as transient. */
export class Fault extends Error implements FaultDetails {
  readonly kind: FaultKind;
  readonly reason: string;
  readonly retryAfterMs?: number;
  readonly provider?: string;
  readonly providerRequestId?: string;
  readonly elsewhere?: 'now' | 'later';

  constructor(details: FaultDetails, options?: { cause?: unknown }) {
    super(details.message, options);
    this.name = 'Fault';
    this.kind = details.kind;
    this.reason = details.reason;
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs;
    if (details.provider !== undefined) this.provider = details.provider;
    if (details.providerRequestId !== undefined) this.providerRequestId = details.providerRequestId;
    if (details.elsewhere !== undefined) this.elsewhere = details.elsewhere;
  }
}

/** The same fault, where another provider may do what this one has certainly not done. */
export function mayGoElsewhere(fault: Fault, elsewhere: 'now' | 'later'): Fault {
  const { kind, reason, message, retryAfterMs, provider, providerRequestId } = fault;
  return new Fault(
    {
      kind,
      reason,
      message,
      elsewhere,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(provider === undefined ? {} : { provider }),
      ...(providerRequestId === undefined ? {} : { providerRequestId }),
    },
    { cause: fault },
  );
}

/** Normalises whatever was thrown. An unexpected error is a bug of ours: retried, and visible as `unexpected_error`. */
export function toFault(thrown: unknown): Fault {
  if (thrown instanceof Fault) return thrown;
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  return new Fault(
    { kind: 'transient', reason: 'unexpected_error', message: `Unexpected ${name} in a step.` },
    { cause: thrown },
  );
}
