import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/ports/step.ts';
import { createIssueReceipt } from '../../../src/steps/issueReceipt.ts';
import { createReceiptStore } from '../../../src/store/orders/receiptStore.ts';
import { asTransaction } from '../../../src/store/transaction.ts';
import { startEngineStack, type EngineStack } from '../../builders/engineStack.ts';
import { createPlainReceipts } from '../../builders/plainReceipts.ts';
import { buildOrder } from '../../builders/sale.ts';
import { commitStep, planOf, quickRetry, readStep } from '../../builders/steps.ts';
import { createSeededRandom } from '../../fakes/seededRandom.ts';

let stack: EngineStack;

beforeAll(async () => {
  stack = await startEngineStack();
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

const numbersOf = async (prefix: string) =>
  (
    await stack.rows<{ number: number; issued_at: Date; text: string }>(
      `select number::int, issued_at, document ->> 'number' as text from fulfillment.receipts where series like $1 order by number`,
      [`${prefix}-%`],
    )
  ).map(({ number, issued_at, text }) => ({ number, issuedAt: issued_at.getTime(), text }));

describe('receipt numbers', () => {
  it('have no gap and no double over 200 parallel jobs with rollbacks in between, and times follow numbers', async () => {
    const pool = stack.poolAs('fulfillment_worker', 8);
    const steps = (seed: number) => {
      const random = createSeededRandom(seed);
      return [
        readStep('order', async (job) => {
          await new Promise((resolve) => setImmediate(resolve));
          return {
            kind: 'done',
            order: buildOrder({ orderId: job.payment?.orderId ?? '' }) as unknown as JsonObject,
          };
        }),
        {
          ...createIssueReceipt(createReceiptStore(pool), createPlainReceipts('A')),
          retry: { ...quickRetry, attemptsMax: 200 },
        },
        commitStep(
          'spoil',
          async (_tx, jobs) => {
            if (random.next() < 0.5) throw new Error('everything is undone');
            return new Map(jobs.map((job) => [job.jobId, { kind: 'done' }]));
          },
          { retry: { ...quickRetry, attemptsMax: 200 } },
        ),
      ];
    };
    const plan = planOf(steps(0), { receipt: { needs: ['order'] }, spoil: { needs: ['order'] } });
    const ids = await stack.addJobs(plan, 200);
    for (const seed of [1, 2, 3]) stack.startWorker(plan, steps(seed), { jobsMax: 12 });
    const outputs: unknown[] = [];
    for (const id of ids) {
      const job = await stack.untilOver(id);
      expect(job.state).toBe('completed');
      outputs.push(job.steps['receipt']?.output);
    }
    const issued = await numbersOf('A');
    expect(issued.map(({ number }) => number)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    const told = outputs.map((output) => (output as { number: number }).number);
    expect(told.toSorted((a, b) => a - b)).toEqual(issued.map(({ number }) => number));
    expect(issued.map(({ issuedAt }) => issuedAt)).toEqual(
      issued.map(({ issuedAt }) => issuedAt).toSorted((a, b) => a - b),
    );
  });

  it('stay with their payment: asked again, also in one batch with others, each keeps its own', async () => {
    const pool = stack.poolAs('fulfillment_worker', 2);
    const store = createReceiptStore(pool);
    const { build, seriesOf } = createPlainReceipts('B');
    const plan = planOf([readStep('none')]);
    const payments = await Promise.all(
      (await stack.addJobs(plan, 4)).map(async (jobId) => {
        const [row] = await stack.rows<{ payment_id: string }>(
          'select payment_id from fulfillment.fulfillment_jobs where id = $1',
          [jobId],
        );
        return { jobId, paymentId: row?.payment_id ?? '', order: buildOrder() };
      }),
    );
    const issue = async (requests: typeof payments) => {
      const client = await pool.connect();
      await client.query('begin');
      const issued = await store.issue(
        asTransaction(client),
        requests,
        (request, given) => build(request.order, given),
        seriesOf,
      );
      await client.query('commit');
      client.release();
      return new Map(issued.map(({ jobId, number }) => [jobId, number]));
    };
    const first = await issue(payments.slice(0, 2));
    const second = await issue(payments);
    expect([...first.values()]).toEqual([1, 2]);
    expect(payments.map(({ jobId }) => second.get(jobId))).toEqual([1, 2, 3, 4]);
    expect((await numbersOf('B')).map(({ text }) => text)).toEqual(
      ['B-2026/000001', 'B-2026/000002', 'B-2026/000003', 'B-2026/000004'].map((text) =>
        text.replace('2026', yearInWarsaw()),
      ),
    );
    expect(await store.read(payments[0]?.paymentId ?? '')).toMatchObject({ issuedAt: expect.any(Date) });
    expect(await store.read('00000000-0000-7000-8000-000000000000')).toBeUndefined();
  });

  it('are one per payment by constraint', async () => {
    const [row] = await stack.rows<{ payment_id: string; series: string }>(
      'select payment_id, series from fulfillment.receipts limit 1',
    );
    await expect(
      stack.rows(
        `insert into fulfillment.receipts (payment_id, series, number, document, issued_at) values ($1, $2, 999999, '{}', now())`,
        [row?.payment_id, row?.series],
      ),
    ).rejects.toMatchObject({ code: '23505' });
  });
});

describe('an issued receipt', () => {
  it.each([
    'update fulfillment.receipts set number = number + 1000',
    'delete from fulfillment.receipts',
    'truncate fulfillment.receipts cascade',
  ])('cannot be changed, not by the owner of the table and not by the worker: %s', async (statement) => {
    const before = await numbersOf('A');
    await expect(stack.rows(statement)).rejects.toMatchObject({
      code: '42501',
      message: expect.stringContaining('append-only'),
    });
    await expect(stack.poolAs('fulfillment_worker', 1).query(statement)).rejects.toMatchObject({
      code: '42501',
    });
    expect(await numbersOf('A')).toEqual(before);
  });
});

const yearInWarsaw = () =>
  new Intl.DateTimeFormat('en', { year: 'numeric', timeZone: 'Europe/Warsaw' }).format(new Date());
