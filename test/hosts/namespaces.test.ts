import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/ports/step.ts';
import { until } from '../acceptance/until.ts';
import { type Depot, type HeldJob, openDepot } from './depot.ts';
import { type Desk, openDesk } from './desk.ts';
import { type Host, openHosts, whileFrozen } from './hosts.ts';
import { mayMakeNetworks, type Network, openNetwork } from './network.ts';
import { type SharedPostgres, startSharedPostgres } from './sharedPostgres.ts';

const missing = mayMakeNetworks() ? '' : ' (skipped: no right to make network namespaces)';
const names = ['north', 'south', 'east'];
const leaseMs = 2_000;
/** A few seconds on top of the lease. Unhurried it takes half of one. */
const takeOverMs = 6_000;

const hosts = openHosts();
let network: Network;
let postgres: SharedPostgres;
let depot: Depot;
let desk: Desk;
let workers: Map<string, Host>;
let handedIn = 0;

beforeAll(async () => {
  if (missing) return;
  network = openNetwork(names);
  postgres = await startSharedPostgres(network);
  // A host that is cut off in the middle of a transaction keeps its locks for this long, so it belongs to the lease.
  await postgres.rows(`alter role fulfillment_worker set idle_in_transaction_session_timeout = ${leaseMs}`);
  await postgres.noteStatements();
  depot = await openDepot(postgres.rows);
  desk = openDesk(postgres.urlFrom('here'));
  const url = postgres.urlFrom('network');
  const orders = { databaseUrl: url, carrierUrl: url, leaseMs, pollMs: 200, jobsMax: 30, graceMs: 1_000 };
  const pace = { weighMs: 40, postMs: 20 };
  const start = (name: string) => hosts.start({ ...orders, name, versions: [1], pace }, network.inside(name));
  const started = await Promise.all(names.map(start));
  await depot.untilAlive(names);
  workers = new Map(started.map((host) => [host.name, host]));
});

afterAll(async () => {
  await hosts.end();
  await desk?.close();
  await postgres?.stop();
  network?.remove();
});

async function hand(count: number, order: JsonObject = {}): Promise<string[]> {
  handedIn += count;
  return desk.handIn(count, order);
}

/** Hands jobs in so that one host takes them all. */
async function handTo(host: string, count: number, order: JsonObject): Promise<string[]> {
  const others = [...workers.values()].filter(({ name }) => name !== host);
  return whileFrozen(others, async () => {
    const subjects = await hand(count, order);
    const taken = async () => (await depot.held(host)).length === count;
    await until('all of it in one hand', taken, { withinMs: 2_000, everyMs: 5 });
    return subjects;
  });
}

/** Pulls a host's plug and looks what it had in its hands. */
async function cut(host: string): Promise<Cut> {
  network.cut(host);
  const atMs = Date.now();
  // What it had sent before is through by then.
  await sleep(20);
  const held = await depot.held(host);
  expect(held.length).toBeGreaterThan(5);
  return { host, atMs, held };
}

interface Cut {
  host: string;
  atMs: number;
  held: HeldJob[];
}

/** It had stopped by itself before others could begin, and has not been heard of since. */
async function expectStopped({ host, atMs, held }: Cut): Promise<void> {
  expect(await depot.held(host)).toEqual([]);
  const lost =
    workers
      .get(host)
      ?.of('lease.lost')
      .filter((told) => told.atMs > atMs) ?? [];
  expect(lost.some(({ event }) => held.some(({ jobId }) => jobId === event.jobId))).toBe(true);
  expect(Math.max(...lost.map((told) => told.atMs)) - atMs).toBeLessThan(leaseMs);
  expect(await depot.linesBy(host, atMs + 50)).toEqual([]);
}

/** Waits until a host works on what is handed in from now on. */
async function expectNewWork(host: string): Promise<void> {
  const before = handedIn;
  const isNew = ({ subject }: { subject: string }) => Number(subject.split('-')[1]) > before;
  const works = async () => {
    await hand(10);
    return (await depot.linesBy(host)).some(isNew);
  };
  await until('the healed host at work on what is new', works, { withinMs: 8_000, everyMs: 100 });
}

/** Nothing was done twice, and nothing by the host that had lost it. */
async function expectSound({ host, atMs, held }: Cut): Promise<void> {
  await depot.untilDone(15_000);
  expect(await depot.faults(handedIn)).toEqual([]);
  const lines = await depot.linesBy(host, atMs + 50);
  expect(lines.filter((line) => held.some(({ subject }) => subject === line.subject))).toEqual([]);
}

describe.skipIf(missing)(`three worker hosts, one of them cut off${missing}`, () => {
  it('take over what it held; what it writes late is refused; healed it works on', async () => {
    // At rest for a moment in the middle of a step, so that what it writes next it begins to write when it is cut off.
    const order = { weighMs: 6_000, weighMsAt: { south: 1_000 } };
    const subjects = await handTo('south', 10, order);
    const reserved = `select from fulfillment.fulfillment_job_steps where step = 'reserve'`;
    const atRest = async () => (await depot.rows(reserved)).length === subjects.length;
    await until('all of it being weighed', atRest, { withinMs: 2_000, everyMs: 5 });
    const loss = await cut('south');
    expect(loss.held.length).toBe(subjects.length);
    await hand(100);
    const inOtherHands = async () => {
      const undone = await depot.undone(subjects);
      return undone.length === subjects.length && undone.every(({ worker }) => worker && worker !== 'south');
    };
    await until('all of it in other hands', inOtherHands, { withinMs: leaseMs + takeOverMs, everyMs: 20 });
    await expectStopped(loss);

    const healedMs = Date.now();
    network.heal('south');
    const lateWrite = async () =>
      (await postgres.notesOf(network.addressOf('south'), healedMs)).find(
        (note) => note.includes('for update') && loss.held.some(({ jobId }) => note.includes(jobId)),
      );
    expect(await until('a late write', lateWrite, { withinMs: 5_000, everyMs: 20 })).toMatch(/\$2 = '{1[,}]/);
    // It came while others were at work on these jobs: nothing but its token stood against it.
    expect(await inOtherHands()).toBe(true);
    await expectNewWork('south');
    await expectSound(loss);
    expect(Object.keys(await depot.hands()).toSorted()).toEqual(names.toSorted());
  });

  it('wait for nothing that it had locked when it was cut off in the middle of a transaction', async () => {
    const address = network.addressOf('east');
    const blocked = `select from pg_stat_activity where client_addr = $1 and wait_event_type = 'Lock'`;
    const isBlocked = async () => (await postgres.rows(blocked, [address])).length > 0;
    await hand(200);
    const muchInHand = async () => (await depot.held('east')).length > 5;
    await until('much in its hand', muchInHand, { withinMs: 5_000, everyMs: 5 });
    const loss = await postgres.whileLocked('depot_log', async () => {
      await until('a transaction under way', isBlocked, { withinMs: 3_000, everyMs: 5 });
      return cut('east');
    });
    await depot.untilDone(
      leaseMs + takeOverMs,
      loss.held.map(({ subject }) => subject),
    );
    await expectStopped(loss);
    const notes = await postgres.notesOf(address, loss.atMs);
    expect(notes.filter((note) => note.includes('idle-in-transaction timeout'))).not.toEqual([]);
    network.heal('east');
    await expectNewWork('east');
    await expectSound(loss);
  });
});
