import { describe, expect, it } from 'vitest';
import { runOperators } from '../../../../test/builders/commandLine.ts';

const sweep = {
  sweepId: '1',
  kind: 'adopt',
  state: 'running',
  since: '2020-01-01T00:00:00.000Z',
  until: '2026-01-01T00:00:00.000Z',
  part: 'sessions',
  pages: 12,
  fulfilled: 0,
  adopted: 1_180,
  known: 20,
  settled: 7,
  leftOut: 3,
  askedBy: 'auth0|anna',
  createdAt: '2026-11-22T09:58:00.000Z',
  finishedAt: null,
};
const catchUp = {
  ok: true,
  at: '2026-11-22T10:00:00.000Z',
  boundSeconds: 75,
  worker: 'worker-1:abc',
  readAt: '2026-11-22T09:59:30.000Z',
  seenUntil: '2026-11-22T09:58:12.000Z',
  watchedAt: null,
  adopting: 84,
  sweeps: [sweep, { ...sweep, kind: 'daily', state: 'finished', finishedAt: '2026-11-22T04:00:00.000Z' }],
};

describe('catching up', () => {
  it('is shown with its bound and its sweeps, and ends with 7 when it is behind', async () => {
    const well = await runOperators('catch-up status', {
      operations: { 'catch_up:show': catchUp },
      columns: 110,
    });
    expect(well.code).toBe(0);
    expect(well.out).toMatchInlineSnapshot(`
      "A paid order is found within 75 s even if no webhook comes.

      events read    2026-11-22 09:59:30 UTC (30s ago)
      last event     2026-11-22 09:58:12 UTC (1m 48s ago)
      endpoint seen  never
      at work        worker-1:abc
      past sales     84 being adopted

      SWEEP  STATE              SINCE       UNTIL       NEW  ADOPTED  KNOWN  MONEY BACK  LEFT OUT
      adopt  running: sessions  2020-01-01  2026-01-01    0     1180     20           7         3
      daily  finished           2020-01-01  2026-01-01    0     1180     20           7         3
      "
    `);
    const behind = await runOperators('catch-up status', {
      operations: { 'catch_up:show': { ...catchUp, ok: false } },
    });
    expect(behind.code).toBe(7);
    expect(behind.out).toContain('without webhooks nothing would be found');
  });

  it('is asked for, with a sweep where one is wanted', async () => {
    const ran = await runOperators('catch-up run --since 7d --yes', {
      operations: { 'catch_up:run': { sweepId: '1' } },
    });
    expect(ran).toMatchObject({ code: 0, asked: [{ name: 'catch_up:run', input: { since: '7d' } }] });
  });
});

describe('the past', () => {
  it('is adopted for a reason, once somebody has agreed', async () => {
    const operations = {
      'sales:adopt': { sweepId: '1', isNew: true, since: sweep.since, until: sweep.until },
    };
    const words = ['adopt', '--since', '2020-01-01', '--reason', 'we take over', '--yes'];
    const ran = await runOperators(words, { operations });
    expect(ran).toMatchObject({
      code: 0,
      asked: [{ input: { since: '2020-01-01' }, reason: 'we take over' }],
    });
    expect(ran.out).toBe(
      'Sales from 2020-01-01 00:00:00 UTC until 2026-01-01 00:00:00 UTC are adopted, by a worker.\n',
    );
    const dry = await runOperators([...words, '--dry-run'], { operations });
    expect(dry.asked).toEqual([]);
    const vague = await runOperators('adopt --reason x --yes', { operations });
    expect(vague).toMatchObject({ code: 2, asked: [] });
    expect(vague.err).toContain('--since');
  });

  it('is shown without the other sweeps, with what is still worked on', async () => {
    const ran = await runOperators('adopt status', {
      operations: { 'catch_up:show': catchUp },
      columns: 110,
    });
    expect(ran.code).toBe(0);
    expect(ran.out).toMatchInlineSnapshot(`
      "SWEEP  STATE              SINCE       UNTIL       NEW  ADOPTED  KNOWN  MONEY BACK  LEFT OUT
      adopt  running: sessions  2020-01-01  2026-01-01    0     1180     20           7         3

      84 of the sales that were found are still worked on.
      "
    `);
  });
});
