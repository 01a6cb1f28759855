import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { masterStorageKey } from '../../../src/domain/effectKey.ts';
import type { Step } from '../../../src/ports/step.ts';
import { aBook, startFulfilStack, type Bought, type FulfilStack } from '../../builders/fulfilStack.ts';
import { gate, preparing } from '../../builders/steps.ts';
import { aFault } from '../../fakes/faultScript.ts';
import { createMemoryMailer } from '../../fakes/memoryMailer.ts';
import { aPurchaseLine } from '../../fakes/memoryPayments.ts';

let stack: FulfilStack;

beforeAll(async () => {
  stack = await startFulfilStack();
  await stack.importBooks(...[1, 2, 3, 4, 5].map((number) => aBook(`book-${number}`, `price_${number}`)));
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

const linesOf = (...numbers: number[]) =>
  numbers.map((number) => aPurchaseLine({ priceId: `price_${number}` }));
const threeBooks = { checkout: { lines: linesOf(1, 2, 3) } };

interface Owned {
  line_no: number;
  state: string;
  product_id: string;
  formats: string[];
  history: string[];
}

const ownedBy = (bought: Bought) =>
  stack.rows<Owned>(
    `select e.line_no, e.state, e.product_id, e.formats,
            array(select coalesce(c.from_state, 'none') || ' > ' || c.to_state from fulfillment.ebook_entitlement_changes c
                   where c.entitlement_id = e.id order by c.at) as history
       from fulfillment.ebook_entitlements e join fulfillment.payments p on p.id = e.payment_id
      where p.order_id = $1 order by e.line_no`,
    [bought.orderId],
  );

const statesOf = async (bought: Bought) => (await ownedBy(bought)).map(({ state }) => state);

describe('what a buyer owns', () => {
  it('is one entitlement per line, processing until its files are there, with its history', async () => {
    const filesMay = gate();
    const { buy } = stack.startFulfilling({ change: holdBack('storage', filesMay.passed) });
    const bought = await buy(threeBooks);
    await stack.until(bought.jobId, (job) => job.steps['email']?.state === 'done');
    expect(await statesOf(bought)).toEqual(['processing', 'processing', 'processing']);
    filesMay.open();
    await stack.untilOver(bought.jobId);
    expect(await ownedBy(bought)).toEqual(
      [1, 2, 3].map((number) => ({
        line_no: number,
        state: 'pending_claim',
        product_id: `book-${number}`,
        formats: ['pdf', 'epub'],
        history: ['none > processing', 'processing > pending_claim'],
      })),
    );
  });

  it('belongs to one profile per canonical e-mail, whatever the spelling, and is active at once once that is claimed', async () => {
    const { buy } = stack.startFulfilling();
    const buyerOf = (email: string, name: string | null) => ({
      checkout: { buyer: { email, name, company: null, taxIds: [], address: null, locale: 'en' } },
    });
    const first = await buy(buyerOf('Reader@Example.com', 'A Reader'));
    await stack.untilOver(first.jobId);
    await stack.rows(
      `update fulfillment.profiles set state = 'claimed', subject = 'auth0|reader' where canonical_email = 'reader@example.com'`,
    );
    const second = await buy(buyerOf('reader@EXAMPLE.com', null));
    await stack.untilOver(second.jobId);
    expect(await statesOf(first)).toEqual(['pending_claim']);
    expect(await statesOf(second)).toEqual(['active']);
    expect(
      await stack.rows(
        `select email, name, language from fulfillment.profiles where canonical_email = 'reader@example.com'`,
      ),
    ).toEqual([{ email: 'Reader@example.com', name: 'A Reader', language: 'en' }]);
  });

  it('is revoked when the payment was taken back meanwhile, however far the job had come', async () => {
    const filesMay = gate();
    const mailer = createMemoryMailer();
    const { buy } = stack.startFulfilling({ mailer, change: holdBack('storage', filesMay.passed) });
    const bought = await buy();
    await stack.until(bought.jobId, (job) => job.steps['email']?.state === 'done');
    await takeBack(bought);
    filesMay.open();
    await stack.untilOver(bought.jobId);
    expect(await ownedBy(bought)).toMatchObject([
      { state: 'revoked', history: ['none > processing', 'processing > revoked'] },
    ]);
  });

  it('is given once, however many events, workers and purchases by one buyer there are at once', async () => {
    const one = stack.startFulfilling();
    stack.startFulfilling({ plan: one.plan });
    const many = await Promise.all(
      Array.from({ length: 20 }, () => one.buy({ checkout: { lines: linesOf(1, 2) } })),
    );
    for (const bought of many) {
      expect((await stack.untilOver(bought.jobId)).state).toBe('completed');
      expect(await statesOf(bought)).toEqual(['pending_claim', 'pending_claim']);
    }
  });
});

describe('the buyer’s files', () => {
  it('are a copy per line and format and the receipt, under deterministic keys, with size and hash', async () => {
    const { buy } = stack.startFulfilling();
    const bought = await buy({ checkout: { lines: linesOf(2) } });
    await stack.untilOver(bought.jobId);
    const year = new Date().getUTCFullYear();
    const kept = await stack.rows<{ storage_key: string; size: number; sha256: string; kind: string }>(
      `select f.storage_key, f.size_bytes::int as size, f.sha256, f.kind from fulfillment.stored_files f
         join fulfillment.payments p on p.id = f.payment_id where p.order_id = $1 order by f.storage_key`,
      [bought.orderId],
    );
    expect(kept.map(({ storage_key, kind }) => [storage_key, kind])).toEqual([
      [`copies/${bought.orderId}/1.epub`, 'copy'],
      [`copies/${bought.orderId}/1.pdf`, 'copy'],
      [`receipts/${year}/${bought.orderId}.pdf`, 'receipt'],
    ]);
    for (const { storage_key, size, sha256 } of kept) {
      const bytes = stack.files.objects.get(storage_key)?.bytes ?? new Uint8Array();
      expect([bytes.byteLength, createHash('sha256').update(bytes).digest('hex')]).toEqual([size, sha256]);
    }
  });

  it('of one order: a damaged master blocks its own book alone, says why, and is made once it is mended', async () => {
    const mailer = createMemoryMailer();
    const { buy, worker } = stack.startFulfilling({ mailer });
    const key = masterStorageKey('book-4', '1.0.0', 'epub');
    const master = stack.files.objects.get(key);
    stack.files.objects.set(key, { contentType: 'application/epub+zip', bytes: new Uint8Array([1, 2, 3]) });
    const bought = await buy({ checkout: { lines: linesOf(1, 4, 3) } });
    const blocked = await stack.until(
      bought.jobId,
      (job) =>
        job.state === 'blocked' &&
        Object.values(job.effects).filter(({ state }) => state === 'done').length === 8,
    );
    expect(blocked).toMatchObject({
      reason: 'file_damaged',
      steps: { storage: { state: 'blocked' }, email: { state: 'done' }, receipt: { state: 'done' } },
      effects: {
        'copy:2:epub': { state: 'blocked', reason: 'file_damaged' },
        'copy:2:pdf': { state: 'done' },
      },
    });
    expect(blocked.events.find(({ kind }) => kind === 'effect.blocked')?.data).toMatchObject({
      effect: 'copy:2:epub',
      detail: expect.stringContaining(key),
    });
    expect(await statesOf(bought)).toEqual(['pending_claim', 'processing', 'pending_claim']);
    expect(mailer.taken).toHaveLength(1);

    stack.files.objects.set(key, master as NonNullable<typeof master>);
    await stack.importBooks();
    worker.wake();
    expect((await stack.untilOver(bought.jobId)).state).toBe('completed');
    expect(await statesOf(bought)).toEqual(['pending_claim', 'pending_claim', 'pending_claim']);
  });

  it('whose master is missing are for a human too', async () => {
    const { buy } = stack.startFulfilling();
    stack.files.objects.delete(masterStorageKey('book-5', '1.0.0', 'pdf'));
    const bought = await buy({ checkout: { lines: linesOf(5) } });
    expect(await stack.untilState(bought.jobId, 'blocked')).toMatchObject({ reason: 'file_missing' });
  });

  it('are stored in the end when the store fails for a while, each once', async () => {
    const { buy } = stack.startFulfilling();
    stack.files.fail(...Array.from({ length: 9 }, () => aFault({ reason: 'storage_unavailable' })));
    const bought = await buy(threeBooks);
    const job = await stack.untilOver(bought.jobId);
    expect(job.state).toBe('completed');
    expect(job.timeline).toContain('effect.retry storage');
    expect([...stack.files.objects.keys()].filter((key) => key.includes(bought.orderId))).toHaveLength(7);
  });

  it('are never laid over other bytes under the same key', async () => {
    const filesMay = gate();
    const { buy } = stack.startFulfilling({ change: holdBack('storage', filesMay.passed) });
    const bought = await buy();
    const key = `copies/${bought.orderId}/1.pdf`;
    const foreign = new TextEncoder().encode('somebody else’s');
    stack.files.objects.set(key, { bytes: foreign, contentType: 'application/pdf' });
    filesMay.open();
    expect(await stack.untilOver(bought.jobId)).toMatchObject({
      state: 'failed',
      failedStep: 'storage',
      reason: 'stored_object_differs',
    });
    expect(stack.files.objects.get(key)?.bytes).toBe(foreign);
  });
});

describe('a whole purchase', () => {
  it('leaves no word of its buyer in timeline, outputs or evidence, and its analytics event carries none', async () => {
    const { buy } = stack.startFulfilling();
    const bought = await buy(threeBooks);
    const job = await stack.untilOver(bought.jobId);
    expect(job.state).toBe('completed');
    const { events, steps, effects } = job;
    const tracked = stack.analytics.events.filter(({ id }) => id.includes(bought.orderId));
    expect(tracked).toMatchObject([
      { name: 'purchase.fulfilled', revenue: { amount: '147.00', currency: 'PLN' } },
    ]);
    expect(JSON.stringify({ events, steps, effects, tracked })).not.toMatch(/example\.pl|Kowalski/);
  });

  it('is completed while analytics are down, and told to them once they are up', async () => {
    stack.analytics.failAlways(aFault({ reason: 'analytics_unavailable' }));
    const { buy } = stack.startFulfilling();
    const bought = await buy();
    const completed = await stack.untilState(bought.jobId, 'completed');
    expect(completed.dispatch).not.toBeNull();
    stack.analytics.failAlways(null);
    await stack.untilOver(bought.jobId);
    expect(stack.analytics.events.filter(({ id }) => id.includes(bought.orderId))).toHaveLength(1);
  });
});

/** Keeps a step from preparing its effects until told. */
function holdBack(name: string, until: Promise<void>): (step: Step) => Step {
  return (step) =>
    step.name === name && step.kind === 'outside'
      ? {
          ...step,
          prepare: async (...given) => {
            await until;
            return preparing(step)(...given);
          },
        }
      : step;
}

const takeBack = (bought: Bought) =>
  stack.rows(
    `update fulfillment.payments set facts = '{"taken_back": true}', facts_version = facts_version + 1 where order_id = $1`,
    [bought.orderId],
  );
