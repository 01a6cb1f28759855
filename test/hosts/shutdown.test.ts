import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../acceptance/until.ts';
import { openTestPools, type TestPools } from '../builders/testPools.ts';
import { urlAs } from '../setup/database.ts';
import { type Depot, openDepot } from './depot.ts';
import { type Desk, openDesk } from './desk.ts';
import { type Host, openHosts, whileFrozen } from './hosts.ts';

const hosts = openHosts();
let pools: TestPools;
let depot: Depot;
let desk: Desk;
let databaseUrl: string;

beforeEach(async () => {
  pools = await openTestPools();
  depot = await openDepot(pools.rows);
  databaseUrl = urlAs(pools.database, 'fulfillment_worker');
  desk = openDesk(databaseUrl);
});
afterEach(async () => {
  await hosts.end();
  await desk.close();
  await pools.stop();
});

/** Two workers that are ready to work. */
async function startTwo(names: [string, string], leaseMs: number, graceMs = 1_000): Promise<[Host, Host]> {
  const start = (name: string) =>
    hosts.start({
      name,
      databaseUrl,
      carrierUrl: databaseUrl,
      leaseMs,
      versions: [1],
      pace: { weighMs: 10, postMs: 10 },
      pollMs: 200,
      jobsMax: 1_000,
      graceMs,
    });
  const started = await Promise.all([start(names[0]), start(names[1])]);
  await depot.untilAlive(names);
  return started;
}

describe('a worker that is told to end in the middle of its work', () => {
  it('claims no more, finishes what it can within its grace and hands the rest to another at once', async () => {
    // So long that nothing in this test can be the work of a lease that ended.
    const leaseMs = 30_000;
    const graceMs = 1_500;
    const [north, south] = await startTwo(['north', 'south'], leaseMs, graceMs);
    // While it is told to end nobody else could take what there is.
    const { long, short, late, toldMs, end } = await whileFrozen([south], async () => {
      const long = [
        ...(await desk.handIn(3, { weighMs: 3_000 })),
        ...(await desk.handIn(3, { postMs: 4_000 })),
      ];
      const short = await desk.handIn(20, { weighMs: 400 });
      const begun = async () => new Set((await depot.linesBy('north')).map(({ subject }) => subject));
      const jobs = long.length + short.length;
      await until('all of it begun', async () => (await begun()).size === jobs, {
        withinMs: 3_000,
        everyMs: 5,
      });
      const toldMs = Date.now();
      north.signal('SIGTERM');
      await north.stopping;
      return { long, short, late: await desk.handIn(40), toldMs, end: await north.ended };
    });
    const { code, signal, atMs } = end;
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(atMs - toldMs).toBeLessThan(graceMs + 2_000);
    expect(atMs - toldMs).toBeGreaterThan(graceMs - 100);
    expect(await depot.held('north')).toEqual([]);
    expect(north.of('worker.stopped')[0]?.event.handedBack).toBeGreaterThanOrEqual(long.length);
    const written = await depot.linesBy('north', toldMs);
    expect(written.filter(({ subject }) => late.includes(subject))).toEqual([]);
    expect(written.filter(({ kind }) => kind === 'job.completed')).not.toEqual([]);

    // Claimed again; the first time it was by the one that ended.
    const inOtherHand = async () => (await depot.tokens(long)).every((token) => token > 1);
    // What was in a call is handed back two seconds on, so that the call has ended when it is asked about.
    await until('all of it in another hand', inOtherHand, { withinMs: 5_000, everyMs: 10 });
    await depot.untilDone(15_000);
    expect(await depot.faults(long.length + short.length + late.length)).toEqual([]);
  });
});

/**
 * What a dead worker held is done within its lease and a few seconds: with the default lease of 15 s, within 20 s. The
 * seconds are for trying what it held apart from other work, in case that was what it died of.
 */
const recoveryMs = 5_000;

describe('a worker that is killed under load', () => {
  it('has its jobs done by another within its lease and five seconds, nothing twice', async () => {
    const leaseMs = 2_000;
    const [, south] = await startTwo(['north', 'south'], leaseMs);
    let handedIn = 0;
    const order = { postMs: 50 };
    let feeding = true;
    const feed = async () => {
      for (; feeding; await sleep(100)) handedIn += (await desk.handIn(2, order)).length;
    };
    handedIn += (await desk.handIn(100, order)).length;
    const fed = feed();
    const atWork = async () =>
      (await depot.held('south')).length > 15 && (await depot.unanswered('south')) > 5;
    await until('much in hand, and some of it in the balance', atWork, { withinMs: 8_000, everyMs: 5 });
    south.signal('SIGKILL');
    await south.ended;
    const lost = (await depot.held('south')).map(({ subject }) => subject);
    expect(lost.length).toBeGreaterThan(5);
    await depot.untilDone(leaseMs + recoveryMs, lost).finally(() => (feeding = false));
    await fed;
    await depot.untilDone(15_000);
    expect(await depot.faults(handedIn)).toEqual([]);
  });
});
