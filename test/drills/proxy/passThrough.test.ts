import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failure, openProxied, type Proxied } from './proxied.ts';

let proxied: Proxied;
beforeAll(async () => void (proxied = await openProxied()));
afterAll(() => proxied.remove());

async function activeAs(applicationName: string): Promise<number | null> {
  const { rowCount } = await proxied.direct.query(
    `select from pg_stat_activity where application_name = $1 and state = 'active'`,
    [applicationName],
  );
  return rowCount;
}

function packet(code: number, body = ''): Buffer {
  const bytes = Buffer.alloc(8 + Buffer.byteLength(body));
  bytes.writeInt32BE(bytes.length);
  bytes.writeInt32BE(code, 4);
  bytes.write(body, 8);
  return bytes;
}

describe('with no fault armed', () => {
  it('a value of 5 MB goes in and comes out unchanged', async () => {
    const client = await proxied.connect();
    const value = Buffer.alloc(5_000_000);
    for (let at = 0; at < value.length; at += 1) value[at] = (at * 31 + (at >> 8)) & 0xff;
    const { rows } = await client.query<{ same: Buffer; md5: string }>(
      'select $1::bytea as same, md5($1::bytea) as md5',
      [value],
    );
    expect(rows[0]?.same.equals(value)).toBe(true);
    const text = `'${'ż'.repeat(1_500_000)};commit'`;
    const simple = await client.query<{ length: number }>(`select length(${text}) as length`);
    expect(simple.rows[0]?.length).toBe(1_500_007);
  });

  it('10,000 rows arrive, each and in order, by simple and by extended query', async () => {
    const client = await proxied.connect();
    const sql = `select n, repeat(n::text, n % 50) as text from generate_series(1, 10000) n`;
    for (const values of [[], ['x']]) {
      const { rows } = await client.query<{ n: number; text: string }>(
        values.length ? `${sql} where $1 <> ''` : sql,
        values,
      );
      expect(rows.length).toBe(10_000);
      expect(rows.every(({ n, text }, at) => n === at + 1 && text === String(n).repeat(n % 50))).toBe(true);
    }
  });

  it('errors keep their codes, and the connection lives on', async () => {
    const client = await proxied.connect();
    expect(await failure(client.query('select from nowhere'))).toMatchObject({ code: '42P01' });
    expect(await failure(client.query('select 1 / $1::int', [0]))).toMatchObject({ code: '22012' });
    await client.query('begin');
    await failure(client.query('select broken'));
    expect((await client.query('commit')).command).toBe('ROLLBACK');
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    const wrong = new URL(proxied.url);
    wrong.password = 'wrong';
    const connectionString = proxied.proxy.url(wrong.href);
    expect(await failure(proxied.connect('drill', { connectionString }))).toMatchObject({ code: '28P01' });
  });

  it('named statements and a pipeline of requests keep their answers apart', async () => {
    const client = await proxied.connect('drill', { pipeline: true });
    const named = (n: number) =>
      client.query<{ n: number }>({ name: 'n', text: 'select $1::int as n', values: [n] });
    const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => named(n)));
    expect(answers.map(({ rows }) => rows[0]?.n)).toEqual(Array.from({ length: 200 }, (_, n) => n));
  });

  it('a notification reaches who listens', async () => {
    const listener = await proxied.connect('listener');
    await listener.query('listen news');
    const heard = once(listener, 'notification');
    const teller = await proxied.connect('teller');
    await teller.query(`select pg_notify('news', 'it works')`);
    expect(await heard).toMatchObject([{ channel: 'news', payload: 'it works' }]);
  });

  it('a query is cancelled by a request on another connection', async () => {
    const client = await proxied.connect('sleeper');
    const asleep = failure(client.query('select pg_sleep(20)'));
    const { processID, secretKey } = client as unknown as { processID: number; secretKey: Buffer | number };
    const bytes = Buffer.alloc(16);
    bytes.writeInt32BE(16);
    bytes.writeInt32BE(80_877_102, 4);
    bytes.writeInt32BE(processID, 8);
    if (typeof secretKey === 'number') bytes.writeInt32BE(secretKey, 12);
    else secretKey.copy(bytes, 12);
    await expect.poll(() => activeAs('sleeper')).toBe(1);
    connect(Number(new URL(proxied.proxy.url(proxied.url)).port), '127.0.0.1').end(bytes);
    expect(await asleep).toMatchObject({ code: '57014' });
  });

  it('a request for encryption is answered N, and what follows is understood byte by byte', async () => {
    const socket = connect(Number(new URL(proxied.proxy.url(proxied.url)).port), '127.0.0.1');
    socket.setNoDelay(true);
    for (const byte of packet(80_877_103)) socket.write(Buffer.from([byte]));
    expect(String(await once(socket, 'data'))).toBe('N');
    const hello = packet(196_608, 'user\0postgres\0application_name\0byByte\0\0');
    for (const byte of hello) {
      socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString('latin1', 0, 1)).toBe('R');
    socket.destroy();
  });

  it('an end on either side is an end on the other', async () => {
    const client = await proxied.connect('ender');
    const before = proxied.proxy.connections();
    const ended = new Promise((resolve) => client.once('end', resolve));
    await proxied.direct.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'ender'`,
    );
    await ended;
    await expect.poll(() => proxied.proxy.connections()).toBe(before - 1);
    const other = await proxied.connect('leaver');
    await other.end();
    const left = () =>
      proxied.direct
        .query(`select from pg_stat_activity where application_name = 'leaver'`)
        .then((r) => r.rowCount);
    await expect.poll(left).toBe(0);
    await expect.poll(() => proxied.proxy.connections()).toBe(before - 1);
  });

  it('nothing has fired, and commits are counted by what they changed', async () => {
    const client = await proxied.connect('counter');
    for (const form of ['begin; insert into notes select 1; commit', 'insert into others select 1']) {
      await client.query(form);
      await client.query(form);
    }
    const counted = proxied.proxy.commits().filter(({ applicationName }) => applicationName === 'counter');
    expect(counted).toEqual([
      { applicationName: 'counter', form: 'block', writes: ['notes'], calls: [], count: 2 },
      { applicationName: 'counter', form: 'single', writes: ['others'], calls: [], count: 2 },
    ]);
    expect(proxied.proxy.fired()).toEqual([]);
  });
});
