import { describe, expect, it } from 'vitest';
import type { SessionFacts } from '../../store/inspection/readSession.ts';
import { judgeClock, judgeDurability, judgePooler, judgeRole } from './databaseSession.ts';

const session: SessionFacts = {
  user: 'fulfillment_worker',
  isSuperuser: false,
  bypassesRowSecurity: false,
  serverVersion: '17.2',
  encrypted: true,
  throughPooler: false,
  seesSchema: true,
  database: '16384@1',
  fsync: 'on',
  fullPageWrites: 'on',
  synchronousCommit: 'on',
  now: new Date(0),
};
const judge = (change: Partial<SessionFacts>) =>
  judgeRole({ ...session, ...change }, 'fulfillment_worker', 'DATABASE_URL_WORKER');

describe('a role', () => {
  it('is right when it is itself and nothing more', () => {
    expect(judge({})).toEqual([{ check: 'database worker', state: 'ok', detail: 'Postgres 17.2, TLS' }]);
  });

  it.each([
    [{ user: 'postgres' }, 'DATABASE_URL_WORKER logs in as postgres'],
    [{ isSuperuser: true }, 'is a superuser'],
    [{ seesSchema: false }, 'without the product'],
    [{ bypassesRowSecurity: true }, 'bypasses row security'],
  ])('fails with %j', (change, detail) => {
    expect(judge(change)).toMatchObject([
      { state: 'failed', detail: expect.stringContaining(detail), remedy: expect.any(String) },
    ]);
  });
});

describe('durability', () => {
  it.each([
    [{}, 'ok'],
    [{ synchronousCommit: 'remote_apply' }, 'ok'],
    [{ synchronousCommit: 'local' }, 'warning'],
    [{ synchronousCommit: 'off' }, 'failed'],
    [{ fsync: 'off' }, 'failed'],
    [{ fullPageWrites: 'off' }, 'failed'],
  ])('with %j is %s', (change, state) => {
    expect(judgeDurability({ ...session, ...change })).toMatchObject([{ state }]);
  });
});

describe('the clock', () => {
  it.each([
    [3, 'ok', 'within 3 ms'],
    [-2_000, 'warning', 'this machine is 2.0 s ahead of the database'],
    [90_000, 'failed', 'this machine is 90.0 s behind the database'],
  ])('off by %d ms is %s', (skewMs, state, detail) => {
    expect(judgeClock(skewMs)).toMatchObject([{ state, detail: expect.stringContaining(detail) }]);
  });
});

describe('a pooler', () => {
  it('is worth a note, with its mode where the port tells it', () => {
    expect(judgePooler(session, 'postgres://u@h:6543/db')).toEqual([]);
    const through = { ...session, throughPooler: true };
    expect(judgePooler(through, 'postgres://u@h:6543/db')[0]?.detail).toContain('transaction mode');
    expect(judgePooler(through, 'postgres://u@h:5432/db')[0]?.detail).toContain('mode unknown');
  });
});
