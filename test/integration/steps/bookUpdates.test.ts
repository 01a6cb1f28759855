import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bookUpdateSubject } from '../../../src/domain/effectKey.ts';
import { bookOwners } from '../../../src/store/catalog/bookOwners.ts';
import { inTransaction } from '../../../src/store/transaction.ts';
import { wireBookUpdates } from '../../../src/main/bookUpdates.ts';
import { aBook, startFulfilStack, type FulfilStack } from '../../builders/fulfilStack.ts';
import { createMemoryMailer } from '../../fakes/memoryMailer.ts';
import { aPurchaseLine } from '../../fakes/memoryPayments.ts';

let stack: FulfilStack;

beforeAll(async () => {
  stack = await startFulfilStack();
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

const text = (content: string) => new TextEncoder().encode(content);

/** A book that somebody has bought in both formats, and a shop that can bring out new versions of it. */
async function aSoldBook() {
  const mark = randomUUID().slice(0, 8);
  const [book, price] = [`book-${mark}`, `price_${mark}`];
  const mailer = createMemoryMailer();
  const shop = stack.startFulfilling({ bookUpdates: true, mailer });
  await stack.importBooks(aBook(book, price));
  const bought = await shop.buy({ checkout: { lines: [aPurchaseLine({ priceId: price })], total: 4900 } });
  await stack.untilOver(bought.jobId);
  mailer.taken.length = 0;

  /** Imports a version and asks for the jobs that bring it, as an import by hand does. */
  async function bringOut(
    version: string,
    { notify = false, formats = ['pdf', 'epub'] as Array<'pdf' | 'epub'> },
  ) {
    await stack.importBooks(
      aBook(book, price, {
        version,
        files: formats.map((format) => ({ format, bytes: text(`${format} ${version} of ${book}`) })),
      }),
    );
    await inTransaction(stack.poolAs('fulfillment_operations', 1), async (tx) => {
      const owners = await bookOwners.ownersOf(tx, [{ productId: book, version }]);
      const updates = owners.map((owner) => ({
        ...owner,
        notify,
        subjectKey: bookUpdateSubject(owner.entitlementId, owner.newVersion),
      }));
      await wireBookUpdates().ask(tx, updates);
    });
    const jobs = await stack.rows<{ id: string; kind: string }>(
      `select j.id, j.kind from fulfillment.fulfillment_jobs j join fulfillment.payments p on p.id = j.payment_id
        where p.order_id = $1 and j.kind like 'book_update%' and j.subject_key like '%' || $2`,
      [bought.orderId, version],
    );
    await stack.rows(
      'update fulfillment.fulfillment_dispatch set due_at = clock_timestamp() where job_id = any($1)',
      [jobs.map(({ id }) => id)],
    );
    return jobs;
  }

  const owned = async () => {
    const [row] = await stack.rows<{ version: string; files: unknown }>(
      `select e.product_version as version,
              (select jsonb_object_agg(f.format, f.version) from fulfillment.stored_files f
                where f.payment_id = e.payment_id and f.kind = 'copy') as files
         from fulfillment.ebook_entitlements e join fulfillment.payments p on p.id = e.payment_id
        where p.order_id = $1`,
      [bought.orderId],
    );
    return row;
  };
  return { ...bought, bringOut, owned, mailer };
}

describe('a new version of a book', () => {
  it('takes the place of the old one with whoever has it, and is not mailed unless that was asked for', async () => {
    const sold = await aSoldBook();
    const [job] = await sold.bringOut('2.0.0', {});
    await stack.untilState(job?.id ?? '', 'completed');
    expect(await sold.owned()).toEqual({ version: '2.0.0', files: { pdf: '2.0.0', epub: '2.0.0' } });
    expect(sold.mailer.taken).toEqual([]);
    const keys = [...stack.files.objects.keys()].filter(
      (key) => key.includes(sold.orderId) && key.endsWith('.pdf'),
    );
    expect(keys.filter((key) => key.startsWith('copies/'))).toHaveLength(2);
    expect(await sold.bringOut('2.0.0', {})).toEqual([job]);
  });

  it('is told of in one mail with links to it', async () => {
    const sold = await aSoldBook();
    const [job] = await sold.bringOut('2.0.0', { notify: true });
    const over = await stack.untilState(job?.id ?? '', 'completed');
    expect(over.steps).toMatchObject({
      update_copies: { state: 'done' },
      book_update_email: { state: 'done' },
    });
    expect(sold.mailer.taken).toHaveLength(1);
    const [mail] = await stack.rows<{ kind: string }>(
      `select m.kind from fulfillment.email_messages m where m.job_id = $1`,
      [job?.id],
    );
    expect(mail?.kind).toBe('new_version');
  });

  it('in one format alone leaves the other as it was bought', async () => {
    const sold = await aSoldBook();
    const [job] = await sold.bringOut('2.0.0', { formats: ['epub'] });
    await stack.untilState(job?.id ?? '', 'completed');
    expect(await sold.owned()).toEqual({ version: '2.0.0', files: { pdf: '1.0.0', epub: '2.0.0' } });
  });

  it('that was overtaken brings no old version back', async () => {
    const sold = await aSoldBook();
    await stack.stopWorkers();
    const [late] = await sold.bringOut('2.0.0', {});
    const [latest] = await sold.bringOut('3.0.0', {});
    await stack.rows(`update fulfillment.fulfillment_dispatch set due_at = 'infinity' where job_id = $1`, [
      late?.id,
    ]);
    stack.startFulfilling({ bookUpdates: true });
    await stack.untilState(latest?.id ?? '', 'completed');
    await stack.rows(
      'update fulfillment.fulfillment_dispatch set due_at = clock_timestamp() where job_id = $1',
      [late?.id],
    );
    await stack.untilState(late?.id ?? '', 'completed');
    expect(await sold.owned()).toEqual({ version: '3.0.0', files: { pdf: '3.0.0', epub: '3.0.0' } });
  });

  it('is not for those whose book was taken back', async () => {
    const sold = await aSoldBook();
    await stack.rows(
      `update fulfillment.ebook_entitlements e set state = 'revoked' from fulfillment.payments p
        where p.id = e.payment_id and p.order_id = $1`,
      [sold.orderId],
    );
    expect(await sold.bringOut('2.0.0', { notify: true })).toEqual([]);
  });
});
