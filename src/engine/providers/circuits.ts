import { circuitRule, type Sign } from '../../domain/circuit.ts';
import {
  type Admission,
  admissionOf,
  parkBehindProbeMs,
  providerWaitMaxMs,
  type ProviderStanding,
  wellStanding,
} from '../../domain/providerStanding.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CircuitChange, ProviderControlStore } from '../../ports/providerControl.ts';
import type { Random } from '../../ports/random.ts';
import { createOutcomes } from './outcomes.ts';
import { Parked } from './parked.ts';
import { tellTrouble, type TroubleListener } from './trouble.ts';

export interface CircuitsOptions extends TroubleListener {
  control: ProviderControlStore;
  clock: Clock;
  random: Random;
}

/** The right to make one call, and the generation of the circuit it was given in. */
export interface Pass {
  provider: string;
  generation: number;
  probe: boolean;
}

/** What a call tells of its provider. */
export interface CallSign {
  sign: Sign;
  /** How long the provider asked to be left alone. */
  waitMs?: number | undefined;
}

/** What this process knows of its providers' circuits, and what it has to tell of them. */
export interface Circuits {
  /**
   * A look before anything is begun.
   *
   * @param goesElsewhere the call may be made through another provider
   * @throws Parked when the provider may not be called now
   */
  check(provider: string, goesElsewhere: boolean): Promise<void>;
  /** The last word before a call; wins the right to a probe where one is due. @throws Parked */
  pass(provider: string, goesElsewhere: boolean): Promise<Pass>;
  /** The last word without asking anybody: undefined where that would be a guess, or the answer would be no. */
  passNow(provider: string): Pass | undefined;
  /** The call has begun: until the returned function is called, its silence is told. Returns whether it was. */
  listen(pass: Pass): () => boolean;
  /** What became of the call. */
  tell(pass: Pass, sign: CallSign): void;
  /** Tells what is left to be told. */
  stop(): Promise<void>;
}

/** How old knowledge may be before it is refreshed beside the work, and before the work waits for it. */
const refreshAfterMs = 750;
const staleAfterMs = 1_500;
/** Outcomes of a moment are told together, and about twice a second at most. */
const gatherMs = 50;
const tellEveryMs = 450;

/** Knows, learns and tells where the providers stand (DESIGN law 9). The decisions are taken in Postgres. */
export function createCircuits(options: CircuitsOptions): Circuits {
  const { control, clock, random } = options;
  const known = new Map<string, { standing: ProviderStanding; atMs: number }>();
  const probing = new Set<string>();
  const stopping = new AbortController();
  let reading: Promise<void> | undefined;
  let telling: Promise<void> | undefined;
  let gathering = new AbortController();

  const standingOf = (provider: string) => known.get(provider)?.standing ?? wellStanding(provider);
  const ageMsOf = (provider: string) => clock.elapsedMs() - (known.get(provider)?.atMs ?? -Infinity);
  const outcomes = createOutcomes({ clock, standingOf });

  function adopt(standing: ProviderStanding): void {
    // An answer that was overtaken by a later one tells of the past.
    if (standingOf(standing.provider).generation > standing.generation) return;
    known.set(standing.provider, { standing, atMs: clock.elapsedMs() });
  }

  /** Reads all providers of this process again. Without a database, what was known last goes on being true. */
  async function refresh(): Promise<void> {
    const providers = [...known.keys()];
    try {
      const standings = new Map((await control.read(providers)).map((one) => [one.provider, one]));
      for (const provider of providers) adopt(standings.get(provider) ?? wellStanding(provider));
    } catch (error) {
      tellTrouble(options, error, 'reading of providers');
    }
  }

  async function learn(provider: string): Promise<void> {
    if (!known.has(provider)) known.set(provider, { standing: wellStanding(provider), atMs: -Infinity });
    if (ageMsOf(provider) > staleAfterMs) await reading;
    if (ageMsOf(provider) <= refreshAfterMs) return;
    reading ??= refresh().finally(() => (reading = undefined));
    if (ageMsOf(provider) > staleAfterMs) await reading;
  }

  /** @throws Parked */
  function admit(provider: string, goesElsewhere = false): Exclude<Admission, { kind: 'park' }> {
    const admission = admissionOf(standingOf(provider), ageMsOf(provider), random.next(), goesElsewhere);
    if (admission.kind === 'park') throw new Parked({ provider, ...admission });
    return admission;
  }

  const parkBehindProbe = (provider: string) =>
    new Parked({ provider, reason: 'provider_open', afterMs: parkBehindProbeMs(random.next()) });

  async function tryProbe(provider: string): Promise<Pass> {
    if (probing.has(provider)) throw parkBehindProbe(provider);
    probing.add(provider);
    try {
      const { standing, change } = await control.tryProbe(provider);
      adopt(standing ?? wellStanding(provider));
      if (change) tellChange(change);
      // Won by another worker meanwhile, or closed by one.
      else if (admit(provider).kind === 'probe') throw parkBehindProbe(provider);
      return { provider, generation: standingOf(provider).generation, probe: change !== undefined };
    } catch (error) {
      if (error instanceof Parked) throw error;
      tellTrouble(options, error, 'probe of a provider');
      throw parkBehindProbe(provider);
    } finally {
      probing.delete(provider);
    }
  }

  const tellChange = (change: CircuitChange) =>
    options.telemetry.emit({ name: 'provider.circuit', ...change });

  async function tellAll(): Promise<void> {
    gathering = new AbortController();
    if (!stopping.signal.aborted) await clock.sleep(gatherMs, gathering.signal);
    for (let reports = outcomes.take(); reports.length > 0; reports = outcomes.take()) {
      try {
        const told = await control.report(reports.map((report) => ({ ...report, random: random.next() })));
        told.standings.forEach(adopt);
        told.changes.forEach(tellChange);
      } catch (error) {
        tellTrouble(options, error, 'report of providers');
      }
      await clock.sleep(tellEveryMs, stopping.signal);
    }
  }

  /** The provider's own wish holds here at once, and for the others as soon as they are told. */
  function heed(provider: string, waitMs: number): void {
    outcomes.asked(provider, waitMs);
    const now = known.get(provider);
    if (!now || now.atMs === -Infinity) return;
    const untilMs = clock.elapsedMs() - now.atMs + waitMs;
    now.standing = { ...now.standing, waitForMs: Math.max(now.standing.waitForMs, untilMs) };
  }

  function tell({ provider, generation, probe }: Pass, { sign, waitMs = 0 }: CallSign): void {
    if (probe) outcomes.probed(provider, generation, sign);
    else outcomes.count(provider, generation, sign);
    if (waitMs > 0) heed(provider, Math.min(waitMs, providerWaitMaxMs));
    if (outcomes.isNews(provider)) telling ??= tellAll().finally(() => (telling = undefined));
    if (outcomes.isUrgent(provider)) gathering.abort();
  }

  function listen(pass: Pass): () => boolean {
    const over = new AbortController();
    const afterMs = pass.probe ? circuitRule.probeSilenceMs : circuitRule.silenceMs;
    let wasTold = false;
    const tellSilence = async () => {
      for (;;) {
        await clock.sleep(afterMs, over.signal);
        if (over.signal.aborted) return;
        tell(pass, { sign: 'ill' });
        wasTold = true;
      }
    };
    void tellSilence();
    return () => {
      // With a reason, for making one up is the dearest part of it.
      over.abort('over');
      return wasTold;
    };
  }

  return {
    listen,
    tell,

    async check(provider, goesElsewhere) {
      await learn(provider);
      admit(provider, goesElsewhere);
    },

    async pass(provider, goesElsewhere) {
      if (admit(provider, goesElsewhere).kind === 'probe') return tryProbe(provider);
      return { provider, generation: standingOf(provider).generation, probe: false };
    },

    passNow(provider) {
      if (ageMsOf(provider) > refreshAfterMs) void learn(provider);
      const standing = standingOf(provider);
      const ageMs = ageMsOf(provider);
      if (ageMs > staleAfterMs || admissionOf(standing, ageMs, random.next()).kind !== 'go') return undefined;
      return { provider, generation: standing.generation, probe: false };
    },

    async stop() {
      stopping.abort();
      gathering.abort();
      await telling;
    },
  };
}
