import type { EventEmitter } from 'node:events';
import { afterEach, beforeAll, afterAll, describe, expect, it } from 'vitest';
import { beginNote, failure, openProxied, type Proxied } from './proxied.ts';

let proxied: Proxied;
beforeAll(async () => void (proxied = await openProxied()));
afterAll(() => proxied.remove());
afterEach(() => proxied.reset());

const firedSince = (count: number) => proxied.proxy.fired().slice(count);
const soonMs = 1_000;
const reset = /ECONNRESET/;
// When a reset comes together with the last bytes, Node tells the reader of an end.
const broken = /ECONNRESET|Connection terminated/;

describe('an answer to COMMIT that is dropped', () => {
  it('breaks the connection at once, and the row is there', async () => {
    const before = proxied.proxy.fired().length;
    const client = await proxied.connect('dropper');
    proxied.proxy.arm({ kind: 'dropCommitAnswer', match: { writes: ['notes'] }, times: 1 });
    await beginNote(client, 'dropped');
    const atMs = Date.now();
    const failed = await failure(client.query('commit'));
    expect(failed.message).toMatch(reset);
    expect(failed.ms).toBeLessThan(soonMs);
    expect(await proxied.notes()).toEqual(['dropped']);
    const [fired, ...others] = firedSince(before);
    expect(others).toEqual([]);
    expect(fired).toMatchObject({
      kind: 'dropCommitAnswer',
      applicationName: 'dropper',
      user: new URL(proxied.url).username,
      tables: ['notes'],
      writes: ['notes'],
      statement: 'commit',
    });
    expect(Math.abs((fired?.atMs ?? 0) - atMs)).toBeLessThan(soonMs);
  });

  it('strikes as many times as it was armed for, after as many as it was told to let pass', async () => {
    const before = proxied.proxy.fired().length;
    proxied.proxy.arm({ kind: 'dropCommitAnswer', match: { tables: ['notes'] }, after: 1, times: 2 });
    const outcomes: string[] = [];
    for (const text of ['a', 'b', 'c', 'd']) {
      const client = await proxied.connect();
      await beginNote(client, text);
      outcomes.push(
        await client.query('commit').then(
          ({ command }) => command,
          () => 'broken',
        ),
      );
    }
    expect(outcomes).toEqual(['COMMIT', 'broken', 'broken', 'COMMIT']);
    expect(await proxied.notes()).toEqual(['a', 'b', 'c', 'd']);
    expect(firedSince(before)).toHaveLength(2);
  });

  it.each([
    ['a table it does not mention', { tables: ['others'] }],
    ['a table it only reads', { writes: ['others'] }],
    ['another part of SQL', { sql: 'delete from' }],
    ['another application', { applicationName: 'other' }],
    ['another user', { user: 'nobody' }],
    ['single requests', { form: 'single' as const }],
  ])('leaves a transaction alone when it is meant for %s', async (about, match) => {
    const client = await proxied.connect('drill');
    proxied.proxy.arm({ kind: 'dropCommitAnswer', match });
    await beginNote(client, about);
    if ('writes' in match) await client.query('select from others');
    expect((await client.query('commit')).command).toBe('COMMIT');
    expect(await proxied.notes()).toEqual([about]);
  });

  it('finds its transaction by a part of its SQL, in one query of many statements', async () => {
    const client = await proxied.connect();
    proxied.proxy.arm({ kind: 'dropCommitAnswer', match: { sql: 'INTO notes\n (text)' }, times: 1 });
    expect(await failure(client.query(`begin; insert into notes (text) values ('x'); commit`))).toMatchObject(
      {
        message: expect.stringMatching(broken),
      },
    );
    expect(await proxied.notes()).toEqual(['x']);
    expect(proxied.proxy.fired().at(-1)?.statement).toMatch(/^insert into notes \(text\) values \(' '\)$/);
  });

  it.each([
    ['simple', []],
    ['extended', ['x']],
  ])('is the whole answer to a %s request that is a transaction by itself', async (_, values) => {
    const client = await proxied.connect();
    let completed = false;
    (client as unknown as { connection: EventEmitter }).connection.on(
      'commandComplete',
      () => (completed = true),
    );
    const text = `insert into notes values (${values.length ? '$1' : `'x'`})`;
    proxied.proxy.arm({ kind: 'dropCommitAnswer', match: { writes: ['notes'], form: 'any' }, times: 1 });
    expect((await failure(client.query(text, values))).message).toMatch(broken);
    expect(completed).toBe(false);
    expect(await proxied.notes()).toEqual(['x']);
  });

  it('finds a request by the function it calls', async () => {
    await proxied.direct.query(
      `create function public.note(text) returns void language sql as 'insert into notes values ($1)'`,
    );
    const client = await proxied.connect();
    proxied.proxy.arm({
      kind: 'dropCommitAnswer',
      match: { calls: ['public.note'], form: 'single' },
      times: 1,
    });
    expect((await failure(client.query('select public.note($1)', ['x']))).message).toMatch(broken);
    expect(await proxied.notes()).toEqual(['x']);
    expect(proxied.proxy.fired().at(-1)?.calls).toEqual(['public.note']);
  });

  it('does not strike when Postgres did not commit', async () => {
    const before = proxied.proxy.fired().length;
    const client = await proxied.connect();
    proxied.proxy.arm({ kind: 'dropCommitAnswer', match: { tables: ['notes'], form: 'any' } });
    await beginNote(client, 'never');
    expect(await failure(client.query('select from nowhere'))).toMatchObject({ code: '42P01' });
    expect((await client.query('commit')).command).toBe('ROLLBACK');
    expect(await failure(client.query('insert into notes select 1 / 0'))).toMatchObject({ code: '22012' });
    await beginNote(client, 'never');
    await client.query('rollback');
    expect(await proxied.notes()).toEqual([]);
    expect(firedSince(before)).toEqual([]);
  });

  it('strikes one request of a pipeline and lets none behind it be answered', async () => {
    const client = await proxied.connect('pipe', { pipeline: true });
    proxied.proxy.arm({ kind: 'dropCommitAnswer', match: { tables: ['notes'] }, times: 2 });
    const put = (text: string) => client.query(`begin; insert into notes values ('${text}'); commit`);
    const outcomes = await Promise.allSettled([client.query('select 1'), put('a'), put('b')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(await proxied.notes()).toContain('a');
    expect(proxied.proxy.fired().filter(({ applicationName }) => applicationName === 'pipe')).toHaveLength(1);
  });
});

describe('an answer to COMMIT that is late', () => {
  it('comes after the time, when the row has long been there', async () => {
    const client = await proxied.connect();
    proxied.proxy.arm({ kind: 'delayCommitAnswer', delayMs: 300, match: { tables: ['notes'] }, times: 1 });
    await beginNote(client, 'late');
    const beganMs = performance.now();
    let answeredMs: number | undefined;
    const answer = client.query('commit').then(() => (answeredMs = performance.now()));
    await expect.poll(proxied.notes, { interval: 10 }).toEqual(['late']);
    expect(answeredMs).toBeUndefined();
    expect((await answer) - beganMs).toBeGreaterThanOrEqual(295);
    expect(proxied.proxy.fired().at(-1)?.kind).toBe('delayCommitAnswer');
  });

  it('comes at once when faults are cleared', async () => {
    const client = await proxied.connect();
    proxied.proxy.arm({
      kind: 'delayCommitAnswer',
      delayMs: 60_000,
      match: { form: 'single', tables: ['notes'] },
    });
    const answer = client.query(`insert into notes values ('x') returning text`);
    await expect.poll(proxied.notes, { interval: 10 }).toEqual(['x']);
    proxied.proxy.clear();
    expect((await answer).rows).toEqual([{ text: 'x' }]);
  });
});

describe('a cut before COMMIT', () => {
  const openTransactions = async () => {
    const { rowCount } = await proxied.direct.query(
      `select from pg_stat_activity where application_name = 'cut' and datname = current_database()`,
    );
    return rowCount;
  };

  it('breaks the connection at once, and the row is not there, nor its locks', async () => {
    const client = await proxied.connect('cut');
    proxied.proxy.arm({
      kind: 'cutBeforeCommit',
      match: { tables: ['notes'], applicationName: 'cut' },
      times: 1,
    });
    await beginNote(client, 'never');
    const failed = await failure(client.query('commit'));
    expect(failed.message).toMatch(reset);
    expect(failed.ms).toBeLessThan(soonMs);
    await expect.poll(openTransactions, { interval: 10 }).toBe(0);
    expect(await proxied.notes()).toEqual([]);
    expect(proxied.proxy.fired().at(-1)).toMatchObject({ kind: 'cutBeforeCommit', applicationName: 'cut' });
  });

  it.each([
    ['simple', [], `insert into notes values ('never')`],
    ['extended', ['never'], 'insert into notes values ($1)'],
    ['simple, of many statements', [], `begin; insert into notes values ('never'); commit`],
  ])('keeps a whole request from happening: %s', async (_, values, text) => {
    const client = await proxied.connect('cut');
    proxied.proxy.arm({ kind: 'cutBeforeCommit', match: { tables: ['notes'], form: 'any' }, times: 1 });
    expect((await failure(client.query(text, values))).message).toMatch(broken);
    await expect.poll(openTransactions, { interval: 10 }).toBe(0);
    expect(await proxied.notes()).toEqual([]);
  });
});
