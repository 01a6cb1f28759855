import { Fault } from '../../domain/fault.ts';
import type { ParkReason } from '../../domain/providerStanding.ts';

export interface ParkDetails {
  reason: ParkReason | 'provider_busy';
  provider: string;
  /** When to look again, jitter included; without it, as the step's retry policy says. */
  afterMs?: number;
}

const messages: Record<ParkDetails['reason'], string> = {
  provider_paused: 'The provider is paused by people.',
  provider_open: 'The provider is ill; it is tried again soon.',
  provider_rate: 'The provider may not be called faster.',
  provider_busy: 'All places at this provider are taken.',
};

/**
 * Work that may not call its provider now. No attempt was made, so none is spent; the job is let go of and comes back.
 */
export class Parked extends Fault {
  readonly why: ParkDetails['reason'];
  readonly afterMs: number | undefined;
  /** Whether the timeline tells of it, once; how busy this process is says nothing of the job. */
  readonly told: boolean;

  constructor({ reason, provider, afterMs }: ParkDetails) {
    super({ kind: 'rate_limited', reason, provider, message: messages[reason] });
    this.name = 'Parked';
    this.why = reason;
    this.afterMs = afterMs;
    this.told = reason === 'provider_open' || reason === 'provider_paused';
  }
}
