import type { Clock } from '../../ports/clock.ts';
import type { ProviderControlStore, ProviderLimit } from '../../ports/providerControl.ts';
import type { Random } from '../../ports/random.ts';
import { type CallSign, createCircuits, type Pass } from './circuits.ts';
import { Parked } from './parked.ts';
import { createPlaces } from './places.ts';
import { createSlots } from './slots.ts';
import { createTokens } from './tokens.ts';
import type { TroubleListener } from './trouble.ts';

export interface AdmissionOptions extends TroubleListener {
  /** What all workers share of their providers. Without it there are places in this process and nothing else. */
  control: ProviderControlStore | undefined;
  /** Limits across all workers. */
  limits: Record<string, ProviderLimit>;
  /** Concurrent calls per provider in this process; `placesDefault` for those without an own figure. */
  places: Record<string, number>;
  placesDefault: number;
  clock: Clock;
  random: Random;
  worker: string;
}

export interface CallRequest {
  provider: string;
  /** How long the call may wait for its place here, with its job held. */
  patienceMs: number;
  /** Aborted when the job is not ours any more. */
  signal: AbortSignal;
}

/** A call that may be made. */
export interface Ticket {
  readonly provider: string;
  /** The call begins, and there are others that it might have been made through: silence counts against the provider. */
  listen(): void;
  /** The call is over; says what it tells of the provider. Once, however often it is called. */
  leave(sign: CallSign): void;
}

/** The one door before every call to a provider (DESIGN laws 8 and 9). */
export interface Admission {
  /**
   * @param goesElsewhere it may be made through another provider, so it leaves it to others to try an ill one
   * @throws Parked when the call may not be made now; the signal's reason when it is aborted
   */
  admit(request: CallRequest, goesElsewhere?: boolean): Promise<Ticket>;
  /** A ticket that is to be had at once; undefined: `admit` must be asked. */
  tryAdmit(provider: string): Ticket | undefined;
  /** Gives back what this process holds. */
  stop(): Promise<void>;
}

export function createAdmission(options: AdmissionOptions): Admission {
  const { control, clock, limits } = options;
  const places = createPlaces({ limits: options.places, fallback: options.placesDefault, clock });
  if (!control && Object.keys(limits).length > 0)
    throw new Error('Limits across workers need a store that all workers share.');
  const shared = control && {
    circuits: createCircuits({ ...options, control }),
    slots: createSlots({ ...options, control, worker: nameOfProcess(options) }),
    tokens: createTokens({ ...options, control }),
  };

  /** A place here, and one of the slots that all workers share. */
  function enterNow(provider: string): (() => void) | undefined {
    const leavePlace = places.tryEnter(provider);
    if (!leavePlace || !shared) return leavePlace;
    const leaveSlot = shared.slots.tryEnter(provider);
    if (leaveSlot) return () => (leaveSlot(), leavePlace());
    leavePlace();
    return undefined;
  }

  async function enterInTime({ provider, patienceMs, signal }: CallRequest): Promise<() => void> {
    const busy = new Parked({ provider, reason: 'provider_busy' });
    if (places.isStuck(provider)) throw busy;
    signal.throwIfAborted();
    const patience = new AbortController();
    const done = new AbortController();
    signal.addEventListener('abort', () => patience.abort(signal.reason), { signal: done.signal });
    void clock.sleep(patienceMs, done.signal).then(() => done.signal.aborted || patience.abort(busy));
    try {
      const leavePlace = await places.enter(provider, patience.signal);
      try {
        const leaveSlot = await shared?.slots.enter(provider, patience.signal);
        return () => (leaveSlot?.(), leavePlace());
      } catch (error) {
        leavePlace();
        throw error;
      }
    } finally {
      // With a reason, for making one up is the dearest part of it.
      done.abort(settled);
    }
  }

  function ticketOf(provider: string, leave: () => void, pass: Pass | undefined): Ticket {
    let left = false;
    let hush: (() => boolean) | undefined;
    return {
      provider,
      listen() {
        if (pass && !left) hush ??= shared?.circuits.listen(pass);
      },
      leave(sign) {
        if (left) return;
        left = true;
        leave();
        // A call that was told to be silent, and then fails, is one failure and not two.
        const isTold = hush?.() === true && sign.sign === 'ill' && pass?.probe === false;
        if (pass) shared?.circuits.tell(pass, isTold ? { ...sign, sign: 'silent' } : sign);
      },
    };
  }

  return {
    async admit(request, goesElsewhere = false) {
      const { provider } = request;
      await shared?.circuits.check(provider, goesElsewhere);
      // Where there are no tokens, nobody need wait for a place to hear it.
      const isDry = shared?.tokens.isDry(provider) ?? false;
      const isRationed = limits[provider]?.ratePerSecond !== undefined;
      if (isDry) await shared?.tokens.take(provider, request.signal);
      const leave = enterNow(provider) ?? (await enterInTime(request));
      let pass: Pass | undefined;
      try {
        if (isRationed && !isDry) await shared?.tokens.take(provider, request.signal);
        pass = await shared?.circuits.pass(provider, goesElsewhere);
      } catch (error) {
        leave();
        throw error;
      }
      return ticketOf(provider, leave, pass);
    },

    tryAdmit(provider) {
      if (limits[provider]?.ratePerSecond !== undefined) return undefined;
      const pass = shared?.circuits.passNow(provider);
      if (shared && !pass) return undefined;
      const leave = enterNow(provider);
      return leave && ticketOf(provider, leave, pass);
    },

    async stop() {
      await Promise.all([shared?.circuits.stop(), shared?.slots.stop()]);
    },
  };
}

const settled = 'settled';

/** Names are for people and may be given twice; slots must not be shared by two processes. */
function nameOfProcess({ worker, random }: AdmissionOptions): string {
  return `${worker.slice(0, 150)}#${Buffer.from(random.bytes(8)).toString('hex')}`;
}
