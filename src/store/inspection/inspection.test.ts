import { connect, createServer, type AddressInfo } from 'node:net';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createEmptyDatabase,
  createTestDatabase,
  migrationsDirectory,
  urlAs,
  type TestDatabase,
} from '../../../test/setup/database.ts';
import { readMigrationStanding } from '../schema/pendingMigrations.ts';
import { connectOnce } from './connectOnce.ts';
import { readEventPartitions } from './readEventPartitions.ts';
import { readSession } from './readSession.ts';

let database: TestDatabase;
let empty: TestDatabase;
beforeAll(async () => {
  [database, empty] = await Promise.all([createTestDatabase(), createEmptyDatabase()]);
});
afterAll(() => Promise.all([database.drop(), empty.drop()]));

/** Passes everything on, and changes the process id of the greeting (BackendKeyData), as poolers do. */
async function startLikeAPooler(target: URL): Promise<{ url: string; stop(): void }> {
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    client.pipe(upstream);
    upstream.on('data', (bytes) => {
      const at = bytes.indexOf(Buffer.from([0x4b, 0, 0, 0, 12]));
      if (at >= 0) bytes.writeInt32BE(1_000_001, at + 5);
      client.write(bytes);
    });
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return { url: url.href, stop: () => server.close() };
}

describe('a look at a database', () => {
  it('tells who is logged in, with what rights, settings and clock', async () => {
    const session = await connectOnce(urlAs(database, 'fulfillment_worker'), readSession);
    expect(session).toMatchObject({
      user: 'fulfillment_worker',
      isSuperuser: false,
      bypassesRowSecurity: false,
      throughPooler: false,
      // The server of the tests is told not to care.
      fsync: 'off',
      synchronousCommit: 'on',
    });
    expect(Math.abs(session.now.getTime() - Date.now())).toBeLessThan(5_000);
    expect(await connectOnce(database.url, readSession)).toMatchObject({ isSuperuser: true });
  });

  it('notices somebody who stands between and hands out process ids of his own', async () => {
    const pooler = await startLikeAPooler(new URL(database.url));
    try {
      expect(await connectOnce(pooler.url, readSession)).toMatchObject({ throughPooler: true });
    } finally {
      pooler.stop();
    }
  });

  it('counts the partitions of the timeline without any right on them', async () => {
    const look = (url: string) => connectOnce(url, readEventPartitions);
    expect(await look(urlAs(database, 'fulfillment_reader'))).toEqual({ tableThere: true, monthsAhead: 3 });
    expect(await look(empty.url)).toEqual({ tableThere: false, monthsAhead: -1 });
  });

  it('stops counting at the first gap', async () => {
    const ahead = new Date();
    ahead.setUTCDate(1);
    ahead.setUTCMonth(ahead.getUTCMonth() + 2);
    const month = ahead.toISOString().slice(0, 7).replace('-', '_');
    const gapped = await createTestDatabase();
    try {
      await connectOnce(gapped.url, (client) =>
        client.query(`drop table fulfillment.fulfillment_job_events_${month}`),
      );
      expect(await connectOnce(gapped.url, readEventPartitions)).toEqual({
        tableThere: true,
        monthsAhead: 1,
      });
    } finally {
      await gapped.drop();
    }
  });

  it('tells which migrations are missing', async () => {
    const look = (url: string) =>
      connectOnce(url, (client) => readMigrationStanding(client, migrationsDirectory));
    const there = await look(database.url);
    expect(there).toMatchObject({ pending: [], unknown: [] });
    expect((await look(empty.url)).pending).toHaveLength(there.applied);
  });

  it('leaves no connection behind, also when it fails', async () => {
    await expect(
      connectOnce(database.url, (client) => client.query('select no_such_column')),
    ).rejects.toThrow(/no_such_column/);
    const client = new Client({ connectionString: database.url });
    await client.connect();
    const left = `select pid from pg_stat_activity where application_name = 'fulfillment-doctor' and datname = current_database()`;
    // The server notices a closed connection a moment later.
    await expect.poll(async () => (await client.query(left)).rows).toEqual([]);
    await client.end();
  });
});
