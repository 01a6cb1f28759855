import { EventEmitter } from 'node:events';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { inTransaction, isUndone } from './transaction.ts';

/** A pool whose first connection fails with this message after so long. */
function failingOnce(message: string, afterMs: number) {
  let asked = 0;
  const client = {
    on: () => undefined,
    off: () => undefined,
    release: () => undefined,
    query: async (text: string) => ({ command: text.toUpperCase() }),
  };
  const pool = {
    options: { connectionTimeoutMillis: 20 },
    connect: async () => {
      asked += 1;
      if (asked > 1) return client;
      const until = performance.now() + afterMs;
      while (performance.now() < until);
      throw new Error(message);
    },
  };
  return { pool: pool as unknown as pg.Pool, asked: () => asked };
}

const timeout = 'timeout exceeded when trying to connect';

describe('a transaction', () => {
  it('asks once more for a connection that it has missed by computing', async () => {
    const { pool, asked } = failingOnce(timeout, 30);
    expect(await inTransaction(pool, async () => 'done')).toBe('done');
    expect(asked()).toBe(2);
  });

  it.each([
    [timeout, 0],
    ['password authentication failed', 30],
  ])(
    'takes it for what it is when a connection fails otherwise: %s after %i ms',
    async (message, afterMs) => {
      const { pool, asked } = failingOnce(message, afterMs);
      await expect(inTransaction(pool, async () => 'done')).rejects.toThrow(message);
      expect(asked()).toBe(1);
    },
  );

  it('knows that nothing has stayed when its connection breaks before COMMIT, and nothing of a lost answer', async () => {
    const { pool, client } = oneConnection();
    const broken = await inTransaction(pool, async () => client.emit('error', new Error('terminated'))).catch(
      (error: unknown) => error,
    );
    expect(client.asked).toEqual(['begin', 'rollback']);
    expect(isUndone(broken)).toBe(true);
    client.losesAnswerTo = 'commit';
    const lost = await inTransaction(pool, async () => 'done').catch((error: unknown) => error);
    expect(isUndone(lost)).toBe(false);
    client.losesAnswerTo = 'insert';
    const failed = await inTransaction(pool, () => client.query('insert')).catch((error: unknown) => error);
    expect(isUndone(failed)).toBe(true);
  });
});

/** A pool of one connection that tells what it was asked, and may lose an answer. */
function oneConnection() {
  const client = Object.assign(new EventEmitter(), {
    asked: [] as string[],
    losesAnswerTo: '',
    release: () => undefined,
    query: async (text: string) => {
      client.asked.push(text);
      if (text === client.losesAnswerTo) throw new Error('Connection terminated unexpectedly');
      return { command: text.toUpperCase() };
    },
  });
  return { client, pool: { options: {}, connect: async () => client } as unknown as pg.Pool };
}
