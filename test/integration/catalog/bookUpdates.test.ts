import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bookUpdateSubject } from '../../../src/domain/effectKey.ts';
import type { BookUpdate } from '../../../src/ports/bookUpdates.ts';
import { createBookUpdates } from '../../../src/store/catalog/bookUpdates.ts';
import { inTransaction } from '../../../src/store/transaction.ts';
import { aBook, type FulfilStack, startFulfilStack } from '../../builders/fulfilStack.ts';
import { aPurchaseLine } from '../../fakes/memoryPayments.ts';
import { planOf, readStep } from '../../builders/steps.ts';

let stack: FulfilStack;
beforeAll(async () => {
  stack = await startFulfilStack();
});
afterAll(async () => {
  await stack.stopWorkers();
  await stack.stop();
});

const silent = { ...planOf([readStep('update')]), name: 'quiet_update' };
const told = { ...planOf([readStep('update')]), name: 'told_update' };

describe('jobs for the owners of a book', () => {
  it('have the order with this line alone in the new version, once for each owner', async () => {
    const mark = randomUUID().slice(0, 8);
    const [book, other] = [`book-${mark}`, `other-${mark}`];
    await stack.importBooks(aBook(book, `price_${mark}a`), aBook(other, `price_${mark}b`));
    const { buy } = stack.startFulfilling();
    const bought = await buy({
      checkout: {
        lines: [
          { ...aPurchaseLine(), priceId: `price_${mark}a` },
          { ...aPurchaseLine(), priceId: `price_${mark}b` },
        ],
        total: 9800,
      },
    });
    await stack.untilOver(bought.jobId);
    await stack.importBooks({
      ...aBook(book, `price_${mark}a`),
      version: '2.0.0',
      files: [{ format: 'pdf', bytes: new TextEncoder().encode('%PDF second') }],
    });
    const [owner] = await stack.rows<{ id: string; payment_id: string }>(
      'select id, payment_id from fulfillment.ebook_entitlements where product_id = $1',
      [book],
    );
    const update: BookUpdate = {
      entitlementId: owner?.id ?? '',
      paymentId: owner?.payment_id ?? '',
      lineNo: 1,
      productId: book,
      version: '1.0.0',
      formats: ['pdf', 'epub'],
      newVersion: '2.0.0',
      notify: false,
      subjectKey: bookUpdateSubject(owner?.id ?? '', '2.0.0'),
    };
    const updates = createBookUpdates({ silent, told, slaSeconds: 3_600 });
    const pool = stack.poolAs('fulfillment_operations');
    const ask = (notify: boolean) => inTransaction(pool, (tx) => updates.ask(tx, [{ ...update, notify }]));
    expect([await ask(false), await ask(false), await ask(true), await ask(true), await ask(false)]).toEqual([
      1, 0, 1, 0, 0,
    ]);
    const jobs = await stack.rows(
      `select j.kind, j.payment_id = $2::uuid as "isHis", j.order_snapshot->'lines' as lines, d.job_id is not null as due,
              (select array_agg(e.kind) from fulfillment.fulfillment_job_events e where e.job_id = j.id) as told
         from fulfillment.fulfillment_jobs j left join fulfillment.fulfillment_dispatch d on d.job_id = j.id
        where j.subject_key = $1 order by j.kind`,
      [update.subjectKey, update.paymentId],
    );
    const common = {
      isHis: true,
      due: true,
      told: ['job.accepted'],
      lines: [
        expect.objectContaining({ lineNo: 1, productId: book, productVersion: '2.0.0', formats: ['pdf'] }),
      ],
    };
    expect(jobs).toEqual([
      { kind: 'quiet_update', ...common },
      { kind: 'told_update', ...common },
    ]);
  });
});
