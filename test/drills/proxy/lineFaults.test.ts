import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { beginNote, failure, openProxied, type Proxied, socketOf } from './proxied.ts';
import { startPostgresProxy } from './proxy.ts';

let proxied: Proxied;
beforeAll(async () => void (proxied = await openProxied()));
afterAll(() => proxied.remove());
afterEach(() => proxied.reset());

/** What a client says of a reset; of an end in good order it says that the connection was terminated. */
const broken = /ECONNRESET/;
const last = () => proxied.proxy.fired().at(-1);

async function sessionsOf(applicationName: string): Promise<string[]> {
  const { rows } = await proxied.direct.query<{ state: string }>(
    'select state from pg_stat_activity where application_name = $1 and datname = current_database()',
    [applicationName],
  );
  return rows.map(({ state }) => state);
}

/** Whether a promise is still open after a while. */
async function isOpenAfter(ms: number, promise: Promise<unknown>): Promise<boolean> {
  const settled = promise.then(
    () => false,
    () => false,
  );
  return Promise.race([settled, new Promise<boolean>((resolve) => setTimeout(() => resolve(true), ms))]);
}

describe('a cut in the middle of a result', () => {
  it('gives the client exactly so many bytes of rows, then breaks', async () => {
    for (const afterBytes of [0, 20_000, 100_003]) {
      const client = await proxied.connect('reader');
      proxied.proxy.arm({ kind: 'cutResult', afterBytes, match: { sql: 'generate_series' }, times: 1 });
      let got = 0;
      let before = 0;
      // All that comes: the description of the rows first.
      socketOf(client).on('data', (bytes: Buffer) => {
        if (got === 0 && before === 0) before = 1 + bytes.readInt32BE(1);
        got += bytes.length;
      });
      const failed = await failure(
        client.query(`select repeat('x', 100) as x from generate_series(1, 10000)`),
      );
      expect(failed.message).toMatch(/terminated/);
      expect(failed.ms).toBeLessThan(1_000);
      expect(got - before).toBe(afterBytes);
      expect(last()).toMatchObject({ kind: 'cutResult', applicationName: 'reader' });
    }
  });

  it('leaves a result alone that is not longer than that', async () => {
    const client = await proxied.connect();
    // A row of one column of 100 bytes: 5 bytes of header, 2 for the count, 4 for the length.
    proxied.proxy.arm({ kind: 'cutResult', afterBytes: 10 * 111 });
    const rows = (count: number) => client.query(`select repeat('x', 100) from generate_series(1, ${count})`);
    expect((await rows(10)).rowCount).toBe(10);
    expect((await rows(9)).rowCount).toBe(9);
    expect((await failure(rows(11))).message).toMatch(/terminated/);
  });
});

describe('a half-open connection', () => {
  it('hears nothing until it is healed, and then everything', async () => {
    const [dead, alive] = [await proxied.connect('dead'), await proxied.connect('alive')];
    proxied.proxy.arm({ kind: 'halfOpen', match: { applicationName: 'dead' } });
    const answer = dead.query('insert into notes values ($1)', ['healed']);
    expect((await alive.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    expect(await isOpenAfter(100, answer)).toBe(true);
    expect(await proxied.notes()).toEqual([]);
    const later = await proxied.connect('dead');
    proxied.proxy.arm({ kind: 'halfOpen', match: { applicationName: 'nobody' } });
    expect((await later.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    proxied.proxy.clear();
    expect((await answer).rowCount).toBe(1);
    expect(await proxied.notes()).toEqual(['healed']);
    expect(last()).toMatchObject({ kind: 'halfOpen', applicationName: 'dead' });
  });

  it('heals by itself after its time', async () => {
    const client = await proxied.connect('dead');
    proxied.proxy.arm({ kind: 'halfOpen', match: { applicationName: 'dead' }, forMs: 120 });
    const beganMs = performance.now();
    await client.query('select 1');
    expect(performance.now() - beganMs).toBeGreaterThanOrEqual(115);
  });

  it.each(['destroy', 'resetAndDestroy'] as const)(
    'keeps the transaction and the locks of a client that is gone, until it is healed: %s',
    async (leave) => {
      const client = await proxied.connect('gone');
      await beginNote(client, 'never');
      proxied.proxy.arm({ kind: 'halfOpen', match: { tables: ['notes'] }, times: 1 });
      socketOf(client)[leave]();
      // A way that is open would take the news to the server in this time.
      await (await proxied.connect('witness')).query('select pg_sleep(0.05)');
      expect(
        await failure(proxied.direct.query('do $$ begin lock table notes nowait; end $$')),
      ).toMatchObject({
        code: '55P03',
      });
      expect(await sessionsOf('gone')).toEqual(['idle in transaction']);
      proxied.proxy.clear();
      await expect.poll(() => sessionsOf('gone'), { interval: 10 }).toEqual([]);
      expect(await proxied.notes()).toEqual([]);
    },
  );

  it.each([
    ['beforeCommit', [], 'idle in transaction'],
    ['commitAnswer', ['x'], 'idle'],
    ['statementAnswer', [], 'idle in transaction'],
  ] as const)('can begin at a message: %s', async (when, notes, state) => {
    const client = await proxied.connect(when);
    proxied.proxy.arm({ kind: 'halfOpen', when, match: { writes: ['notes'] }, times: 1 });
    const done = beginNote(client, 'x').then(() => client.query('commit'));
    await expect.poll(() => last()?.applicationName).toBe(when);
    expect(await isOpenAfter(50, done)).toBe(true);
    expect(await proxied.notes()).toEqual(notes);
    expect(await sessionsOf(when)).toEqual([state]);
    expect(last()).toMatchObject({ kind: 'halfOpen', writes: ['notes'] });
    proxied.proxy.clear();
    expect((await done).command).toBe('COMMIT');
    expect(await proxied.notes()).toEqual(['x']);
  });

  it('can be every new one', async () => {
    const old = await proxied.connect('old');
    proxied.proxy.arm({ kind: 'halfOpen', when: 'connecting', match: { applicationName: 'new' } });
    const failed = await failure(proxied.connect('new', { connectionTimeoutMillis: 100 }));
    expect(failed.message).toMatch(/timeout/);
    expect((await old.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    const waiting = proxied.connect('new');
    expect(await isOpenAfter(50, waiting)).toBe(true);
    proxied.proxy.clear();
    expect((await (await waiting).query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });
});

describe('new connections', () => {
  it('are reset while they are refused; those that are open go on', async () => {
    const old = await proxied.connect('old');
    proxied.proxy.arm({ kind: 'refuse', match: { applicationName: 'new' } });
    const failed = await failure(proxied.connect('new'));
    expect(failed).toMatchObject({ message: expect.stringMatching(broken) });
    expect(failed.ms).toBeLessThan(1_000);
    expect((await old.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    proxied.proxy.clear();
    await proxied.connect('new');
    expect(last()).toMatchObject({ kind: 'refuse', applicationName: 'new', tables: [] });
  });

  it('get the error of a server that is full, as often as armed', async () => {
    proxied.proxy.arm({ kind: 'refuse', sqlState: '53300', times: 1 });
    expect(await failure(proxied.connect())).toMatchObject({ code: '53300' });
    await proxied.connect();
  });

  it('break at once when there is no server, and the proxy lives on', async () => {
    const proxy = await startPostgresProxy({ upstream: { host: '127.0.0.1', port: 1 } });
    const failed = await failure(proxied.connect('drill', { connectionString: proxy.url(proxied.url) }));
    expect(failed.message).toMatch(broken);
    await expect.poll(() => proxy.connections()).toBe(0);
    await proxy.stop();
  });
});

describe('latency', () => {
  it('holds up every chunk in both directions', async () => {
    const client = await proxied.connect('slow');
    proxied.proxy.arm({ kind: 'latency', delayMs: 40 });
    const beganMs = performance.now();
    await client.query('select 1');
    await client.query('select 1');
    expect(performance.now() - beganMs).toBeGreaterThanOrEqual(4 * 39);
  });

  it('is for the connections it is meant for, counts once for each, and ends when it is disarmed', async () => {
    const [slow, quick] = [await proxied.connect('slow'), await proxied.connect('quick')];
    const before = proxied.proxy.fired().length;
    const disarm = proxied.proxy.arm({
      kind: 'latency',
      delayMs: 60_000,
      match: { applicationName: 'slow' },
    });
    const answer = slow.query('select 1 as one');
    expect((await quick.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    expect(await isOpenAfter(50, answer)).toBe(true);
    disarm();
    expect((await answer).rows).toEqual([{ one: 1 }]);
    expect(proxied.proxy.fired().slice(before)).toMatchObject([{ kind: 'latency', applicationName: 'slow' }]);
  });
});

it('stop resets everybody, also those that are half-open or have said nothing, and shuts the door', async () => {
  const own = await openProxied();
  const client = await own.connect('dead');
  const silent = connect(Number(new URL(own.proxy.url(own.url)).port), '127.0.0.1');
  silent.on('error', () => undefined);
  await expect.poll(() => own.proxy.connections()).toBe(2);
  own.proxy.arm({ kind: 'halfOpen' });
  const failed = failure(client.query('select 1'));
  await own.remove();
  expect((await failed).message).toMatch(broken);
  expect(own.proxy.connections()).toBe(0);
  expect((await failure(own.connect())).message).toMatch(/ECONNREFUSED/);
});
