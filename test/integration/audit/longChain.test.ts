import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyAudit } from '../../../src/operations/audit/verifyAudit.ts';
import { type AuditedDatabase, openAuditedDatabase, unnumbered } from './auditedDatabase.ts';

/** The long form, `npm run test:full`, is the one that was asked for; the short one would find the same mistakes. */
const rows = process.env['FULL'] === '1' ? 100_000 : 20_000;
/** All rows in memory would be 20 MB in the short form, and more than 100 MB in the long one. */
const usedMaxMb = 8;
const startMs = Date.UTC(2026, 0, 1);
let database: AuditedDatabase;
let collectGarbage: () => void;

function* manyEntries() {
  for (let n = 1; n <= rows; n += 1) {
    yield unnumbered({
      at: new Date(startMs + n * 60_000),
      actor: `auth0|${n % 40}`,
      targetId: `job-${n % 5_000}`,
      requestId: `request-${n}`,
    });
  }
}

beforeAll(async () => {
  setFlagsFromString('--expose-gc');
  collectGarbage = runInNewContext('gc') as () => void;
  database = await openAuditedDatabase();
  await database.writeChain(manyEntries());
  await database.pools.rows('analyze fulfillment.ops_audit');
});
afterAll(() => database.stop());

const usedMb = () => {
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
};

describe('a long log', () => {
  it('is verified while only a batch of it is in memory', async () => {
    const before = usedMb();
    const after: number[] = [];
    const verdict = await verifyAudit({
      log: database.log,
      onProgress: (seen, ofRows) => {
        if (seen % (rows / 10) === 0) after.push(usedMb() - before);
        expect(ofRows).toBe(rows);
      },
    });
    expect(verdict).toMatchObject({ ok: true, rows, verified: { fromSeq: 1, toSeq: rows } });
    expect(after).toHaveLength(10);
    expect(Math.max(...after)).toBeLessThan(usedMaxMb);
  });

  it('is verified as well when every row is wrong', async () => {
    const before = usedMb();
    await database.force(`update fulfillment.ops_audit set reason = 'forged'`);
    let most = 0;
    const verdict = await verifyAudit({
      log: database.log,
      onProgress: (seen) => {
        if (seen % (rows / 4) === 0) most = Math.max(most, usedMb() - before);
      },
    });
    expect(verdict).toMatchObject({
      ok: false,
      problems: rows,
      findings: [{ kind: 'changed', seq: 1, toSeq: rows }],
    });
    expect(most).toBeLessThan(usedMaxMb);
  });
});
