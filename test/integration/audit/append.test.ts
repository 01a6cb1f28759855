import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { verifyAudit } from '../../../src/operations/audit/verifyAudit.ts';
import { createAuditLog } from '../../../src/store/audit/auditLog.ts';
import { asTransaction, inTransaction } from '../../../src/store/transaction.ts';
import {
  type AuditedDatabase,
  inTransactionOf,
  newEntry,
  openAuditedDatabase,
  readEntries,
} from './auditedDatabase.ts';

let database: AuditedDatabase;

beforeAll(async () => {
  database = await openAuditedDatabase();
});
afterAll(() => database.stop());
beforeEach(() => database.empty());

/** What an operation does beside its audit row. */
const pause = `insert into fulfillment.provider_circuits (provider) values ($1)`;

describe('appending to the audit', () => {
  it('gives 60 parallel transactions numbers without a gap, in order of their times', async () => {
    const { operations, log } = database;
    const points = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        inTransaction(operations, (tx) => log.append(tx, newEntry({ requestId: `r-${n}` }))),
      ),
    );
    const entries = await readEntries(log);
    expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 60 }, (_, n) => n + 1));
    const times = entries.map(({ at }) => at.getTime());
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect(new Set(entries.map(({ requestId }) => requestId)).size).toBe(60);
    for (const { seq, hash } of points) expect(await log.readHash(seq)).toEqual(hash);
    expect(await log.readHead()).toMatchObject({ seq: 60, hash: await log.readHash(60) });
    expect(await verifyAudit({ log })).toMatchObject({ ok: true, rows: 60 });
  });

  it('leaves nothing of an action that is rolled back, and no gap', async () => {
    const { operations, log } = database;
    await log.record(newEntry());
    const rolledBack = inTransactionOf(operations, async (client) => {
      await client.query(pause, ['rolled-back']);
      await log.append(asTransaction(client), newEntry({ reason: 'never was' }));
      throw new Error('the action failed');
    });
    await expect(rolledBack).rejects.toThrow('the action failed');
    await inTransactionOf(operations, async (client) => {
      await client.query(pause, ['kept']);
      await log.append(asTransaction(client), newEntry({ reason: 'was' }));
    });
    const entries = await readEntries(log);
    expect(entries.map(({ seq, reason }) => [seq, reason])).toEqual([
      [1, 'buyer called'],
      [2, 'was'],
    ]);
    const circuits = await database.pools.rows('select provider from fulfillment.provider_circuits');
    expect(circuits).toEqual([{ provider: 'kept' }]);
  });

  it('takes the action with it when the row cannot be written', async () => {
    const { operations, log } = database;
    const tooLong = inTransactionOf(operations, async (client) => {
      await client.query(pause, ['unaudited']);
      await log.append(asTransaction(client), newEntry({ reason: 'x'.repeat(1_001) }));
    });
    await expect(tooLong).rejects.toThrow(/reason/);
    const unaudited = `select from fulfillment.provider_circuits where provider = 'unaudited'`;
    expect(await database.pools.rows(unaudited)).toEqual([]);
  });

  it.each(['fulfillment_worker', 'fulfillment_intake', 'fulfillment_shelf', 'fulfillment_reader'] as const)(
    'is refused to %s',
    async (role) => {
      const log = createAuditLog(database.pools.poolAs(role, 1));
      await expect(log.record(newEntry())).rejects.toThrow(/permission denied/);
      expect(await database.log.readHead()).toMatchObject({ seq: 0 });
    },
  );

  it('hashes what the table gives back, however it was given', async () => {
    const { log } = database;
    const given = { ...newEntry(), reason: undefined, more: 'than a row has' } as unknown as ReturnType<
      typeof newEntry
    >;
    await log.record(given);
    await log.record(newEntry({ bulkRunId: randomUUID().toUpperCase() }));
    await log.record(
      newEntry({ target: null, roles: [], before: { b: undefined, a: [1, { z: null, y: 'ł"\\ 📞' }] } }),
    );
    await log.record(newEntry({ details: { '': -0, __proto__x: 1e3, text: '1.5e3' } }));
    expect(await verifyAudit({ log })).toMatchObject({ ok: true, rows: 4 });
  });

  it.each([{ rate: 1.5 }, { text: 'a\0b' }, { text: '\uD800' }, { count: 2 ** 60 }])(
    'refuses what the table would not give back: %j',
    async (details) => {
      await expect(database.log.record(newEntry({ details }))).rejects.toThrow(TypeError);
    },
  );

  it('refuses a bulk run that has no id', async () => {
    await expect(database.log.record(newEntry({ bulkRunId: 'run 7' }))).rejects.toThrow(RangeError);
  });
});
