import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../../test/fakes/manualClock.ts';
import { createRecordingTelemetry } from '../../../test/fakes/recordingTelemetry.ts';
import { createSeededRandom } from '../../../test/fakes/seededRandom.ts';
import { circuitRule } from '../../domain/circuit.ts';
import { wellStanding } from '../../domain/providerStanding.ts';
import type { ProviderControlStore } from '../../ports/providerControl.ts';
import { type AdmissionOptions, createAdmission } from './admission.ts';
import type { Parked } from './parked.ts';

const away = () => Promise.reject(new Error('away'));
const never = new AbortController().signal;

function door(control: Partial<ProviderControlStore> = {}, options: Partial<AdmissionOptions> = {}) {
  const clock = createManualClock();
  const telemetry = createRecordingTelemetry();
  const admission = createAdmission({
    control: {
      read: async () => [],
      report: async () => ({ standings: [], changes: [] }),
      tryProbe: away,
      takeTokens: away,
      shareSlots: away,
      ...control,
    },
    limits: {},
    places: { smtp: 1 },
    placesDefault: 16,
    store: { isUnavailable: () => true },
    clock,
    random: createSeededRandom(),
    telemetry,
    worker: 'w',
    ...options,
  });
  const admit = (signal = never) => admission.admit({ provider: 'smtp', patienceMs: 5_000, signal });
  return { admission, admit, clock, telemetry };
}

const parkedAs = (reason: string) => expect.objectContaining({ name: 'Parked', reason }) as Parked;

describe('the door to a provider', () => {
  it('is open while the database is away: what was known last goes on being true', async () => {
    const { admit, telemetry } = door({ read: away });
    await expect(admit()).resolves.toBeDefined();
    expect(telemetry.of('database.unavailable')).toHaveLength(1);
  });

  it('stays shut at an ill provider that nobody can be given the right to try', async () => {
    const { admit } = door({
      read: async () => [{ ...wellStanding('smtp'), state: 'open', generation: 1 }],
    });
    await expect(admit()).rejects.toEqual(parkedAs('provider_open'));
  });

  it('lets go of who has waited long enough, or whose job is lost, and gives the place on', async () => {
    const { admit, clock } = door();
    const ticket = await admit();
    const impatient = admit().catch((error: unknown) => error);
    await clock.advance(0);
    const lost = new AbortController();
    const aborted = admit(lost.signal).catch((error: unknown) => error);
    await clock.advance(0);
    lost.abort(new Error('lost'));
    expect(await aborted).toMatchObject({ message: 'lost' });
    await clock.advance(5_000);
    expect(await impatient).toEqual(parkedAs('provider_busy'));
    const next = admit();
    await clock.advance(0);
    ticket.leave({ sign: 'answered' });
    ticket.leave({ sign: 'answered' });
    await expect(next).resolves.toBeDefined();
  });

  it('keeps no place for who gets no token, nor waits for tokens while the database is away', async () => {
    const { admit, clock } = door({}, { limits: { smtp: { ratePerSecond: 1 } } });
    for (let call = 0; call < 3; call += 1) {
      const refused = admit().catch((error: unknown) => error);
      await clock.advance(0);
      await clock.advance(100);
      expect(await refused).toEqual(parkedAs('provider_rate'));
    }
  });

  it('lets nobody in beyond the places of all workers, and says so when its patience ends', async () => {
    const { admit, clock } = door({}, { limits: { smtp: { concurrencyMax: 1 } } });
    const refused = admit().catch((error: unknown) => error);
    await clock.advance(0);
    await clock.advance(6_000);
    expect(await refused).toEqual(parkedAs('provider_busy'));
  });

  it('tells the silence of a call, again and again until it is over', async () => {
    const failures: number[] = [];
    const report: ProviderControlStore['report'] = async (reports) => {
      failures.push(...reports.map((one) => one.failures));
      return { standings: [], changes: [] };
    };
    const { admit, clock } = door({ report });
    const ticket = await admit();
    await clock.advance(60_000);
    expect(failures).toEqual([]);
    ticket.listen();
    await clock.advance(circuitRule.silenceMs + 1_000);
    expect(failures).toEqual([1]);
    await clock.advance(circuitRule.silenceMs);
    expect(failures).toEqual([1, 1]);
    // It ends as a time-out: that was told.
    ticket.leave({ sign: 'ill' });
    await clock.advance(10 * circuitRule.silenceMs);
    expect(failures).toEqual([1, 1]);
    expect(clock.sleeping()).toBe(0);
  });

  it('tells of a probe that it has failed, before the next one may try', async () => {
    const probes: unknown[] = [];
    const { admit, clock } = door({
      read: async () => [{ ...wellStanding('smtp'), state: 'open', generation: 1 }],
      tryProbe: async () => ({
        standing: { ...wellStanding('smtp'), state: 'half_open', generation: 2, retryInMs: 20_000 },
        change: { provider: 'smtp', change: 'half_open', failures: 0, successes: 0, openings: 1 },
      }),
      report: async (reports) => {
        probes.push(...reports.map(({ generation, probe }) => ({ generation, probe })));
        return { standings: [], changes: [] };
      },
    });
    const ticket = await admit();
    ticket.listen();
    await clock.advance(circuitRule.probeMs - 1_000);
    expect(probes).toEqual([{ generation: 2, probe: 'failed' }]);
    ticket.leave({ sign: 'answered' });
    await clock.advance(1_000);
    expect(probes.at(-1)).toEqual({ generation: 2, probe: 'succeeded' });
  });

  it('needs what workers share for limits that all of them keep', () => {
    expect(() => door({}, { control: undefined, limits: { smtp: { ratePerSecond: 1 } } })).toThrow(
      'need a store',
    );
  });
});
