import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { inTransaction } from './transaction.ts';

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
});
