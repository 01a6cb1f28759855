import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '../../../src/domain/fault.ts';
import type { Failpoint } from '../../../src/domain/failpoint.ts';
import type { HeldReason } from '../../../src/domain/heldReasons.ts';
import type { Step } from '../../../src/ports/step.ts';
import { createShopWebhook } from '../../../src/providers/shop/adapter.ts';
import { createTellShop, tellShopPlan } from '../../../src/steps/tellShop.ts';
import { setOutgoing } from '../../../src/store/outgoing/setOutgoing.ts';
import { aBook, startFulfilStack, type FulfilStack } from '../../builders/fulfilStack.ts';
import { aFault } from '../../fakes/faultScript.ts';
import { startShopReceiver } from '../../vendors/shopReceiver.ts';

type Receiver = Awaited<ReturnType<typeof startShopReceiver>>;

const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const retry = { baseMs: 5, capMs: 20, attemptsMax: 20, retryAfterCapMs: 40 };

let stack: FulfilStack;
let receiver: Receiver;

beforeAll(async () => {
  stack = await startFulfilStack();
  await stack.importBooks(aBook('book-1', 'price_1'));
});
beforeEach(async () => {
  receiver = await startShopReceiver(secret);
  await tellFrom(new Date(0));
});
afterEach(async () => {
  await stack.stopWorkers();
  await receiver.stop();
  await stack.rows(`delete from fulfillment.fulfillment_dispatch d using fulfillment.fulfillment_jobs j
                     where j.id = d.job_id and j.kind = 'tell_shop'`);
});
afterAll(() => stack.stop());

const tellFrom = (startDate: Date, enabled = true) =>
  setOutgoing(stack.pool, { plan: tellShopPlan, enabled, slaSeconds: 60, startDate });

interface TellSettings {
  heldBy?: HeldReason;
  mode?: 'live' | 'shadow';
  configured?: boolean;
  failpoint?: Failpoint;
}

function startTelling(settings: TellSettings = {}) {
  const webhook = createShopWebhook({
    url: receiver.url,
    secrets: [secret],
    timeoutMs: 2_000,
    userAgent: 'Shop/1',
    now: () => new Date(),
  });
  const step = createTellShop({
    webhook: settings.configured === false ? null : webhook,
    mode: settings.mode ?? 'live',
    heldBy: () => Promise.resolve(settings.heldBy ?? null),
  });
  const { failpoint } = settings;
  return stack.startWorker(tellShopPlan, [{ ...step, retry }], { ...(failpoint && { failpoint }) });
}

const withoutFiles = (step: Step) =>
  ['storage', 'late_files_email', 'email'].includes(step.name) ? undefined : step;

async function sell(change: (step: Step) => Step | undefined = withoutFiles) {
  const bought = await stack.startFulfilling({ change }).buy();
  await stack.until(bought.jobId, ({ state }) => ['completed', 'failed'].includes(state));
  return bought;
}

const toldJobs = (orderId: string) =>
  stack.rows<{ id: string; subject_key: string; state: string }>(
    `select j.id, j.subject_key, j.state from fulfillment.fulfillment_jobs j
       join fulfillment.payments p on p.id = j.payment_id
      where j.kind = 'tell_shop' and p.order_id = $1 order by j.id`,
    [orderId],
  );

async function onlyJob(orderId: string): Promise<string> {
  const jobs = await toldJobs(orderId);
  expect(jobs).toHaveLength(1);
  return jobs[0]?.id ?? '';
}

describe('an order that is fulfilled', () => {
  it('is told to the shop once, signed, with ids and states and nobody’s name', async () => {
    startTelling();
    const { orderId, paymentIntentId, checkout } = await sell();
    await stack.untilOver(await onlyJob(orderId));
    expect(receiver.told).toHaveLength(1);
    const [message] = receiver.told;
    expect(message?.type).toBe('order.fulfilled');
    expect(message?.data).toMatchObject({
      version: 1,
      order_id: orderId,
      payment_intent_id: paymentIntentId,
      livemode: false,
      amount: checkout.total,
      reason: null,
      lines: [{ line_no: 1, product_id: 'book-1', quantity: 1 }],
      entitlements: [{ product_id: 'book-1' }],
    });
    expect(message?.body).not.toContain('@');
    expect(message?.body).not.toContain(String(checkout.buyer.name));
  });

  it('is told again by the same id and in the same bytes until it is taken', async () => {
    let failures = 3;
    receiver.answers(() => ((failures -= 1) >= 0 ? { mode: 'reset' } : { mode: 'answer', status: 200 }));
    startTelling();
    const { orderId } = await sell();
    await stack.untilOver(await onlyJob(orderId));
    expect(receiver.told).toHaveLength(4);
    expect(new Set(receiver.told.map(({ id, body }) => `${id} ${body}`)).size).toBe(1);
  });

  it('is told twice by one id when its worker ends with the answer in its hands', async () => {
    let dying: ReturnType<typeof startTelling> | undefined;
    const ended = new Promise<void>((resolve, reject) => {
      dying = startTelling({
        failpoint(name) {
          if (name !== 'after_call') return;
          dying?.stop(0).then(resolve, reject);
          return new Promise<void>(() => undefined);
        },
      });
    });
    const { orderId } = await sell();
    await ended;
    startTelling();
    expect((await stack.untilOver(await onlyJob(orderId))).state).toBe('completed');
    const [first, second, ...more] = receiver.told;
    expect(more).toEqual([]);
    expect(second).toEqual(first);
  });

  it('is completed while the endpoint is away, and told when it is back', async () => {
    receiver.answers(() => ({ mode: 'answer', status: 503 }));
    startTelling();
    const { orderId } = await sell();
    const jobId = await onlyJob(orderId);
    await stack.until(jobId, ({ effects }) => Object.values(effects).some(({ attempts }) => attempts > 1));
    receiver.answers(() => ({ mode: 'answer', status: 200 }));
    expect((await stack.untilOver(jobId)).state).toBe('completed');
  });

  it('waits for a person when the endpoint says that it is gone', async () => {
    receiver.answers(() => ({ mode: 'answer', status: 410 }));
    startTelling();
    const { orderId } = await sell();
    const job = await stack.untilOver(await onlyJob(orderId));
    expect([job.state, job.reason]).toEqual(['failed', 'shop_gone']);
    expect(receiver.told).toHaveLength(1);
  });

  it('is not told where nobody wants to hear of it, nor when it was paid before the start date', async () => {
    await tellFrom(new Date(0), false);
    expect(await toldJobs((await sell()).orderId)).toEqual([]);
    await tellFrom(new Date('2999-01-01'));
    expect(await toldJobs((await sell()).orderId)).toEqual([]);
  });

  it('is held in restore mode, and left out in shadow mode and without an endpoint', async () => {
    const { orderId } = await sell();
    const jobId = await onlyJob(orderId);
    startTelling({ heldBy: 'restore_mode' });
    expect(await stack.until(jobId, ({ state }) => state === 'held')).toMatchObject({
      reason: 'restore_mode',
    });
    await stack.stopWorkers();
    for (const settings of [{ mode: 'shadow' } as const, { configured: false }]) {
      const other = await sell();
      startTelling(settings);
      expect((await stack.untilOver(await onlyJob(other.orderId))).state).toBe('completed');
      await stack.stopWorkers();
    }
    expect(receiver.requests).toEqual([]);
  });
});

describe('an order that fails', () => {
  it('is told, and told as fulfilled when it is retried and completes', async () => {
    const { orderId, jobId } = await sell((step) =>
      step.kind === 'read' ? { ...step, run: () => Promise.reject(refused) } : withoutFiles(step),
    );
    const [failed] = await toldJobs(orderId);
    expect(failed?.subject_key).toMatch(/^order\.failed:/);
    await stack.rows(
      `update fulfillment.fulfillment_jobs set state = 'open', finished_at = null, reason = null, failed_step = null where id = $1`,
      [jobId],
    );
    await stack.rows(
      `update fulfillment.fulfillment_jobs set state = 'completed', finished_at = clock_timestamp() where id = $1`,
      [jobId],
    );
    startTelling();
    const jobs = await toldJobs(orderId);
    for (const { id } of jobs) await stack.untilOver(id);
    const mine = receiver.told.filter(({ data }) => data['order_id'] === orderId);
    expect(mine.map(({ type }) => type).toSorted()).toEqual(['order.failed', 'order.fulfilled']);
    const newest = mine.toSorted((a, b) => Number(b.data['sequence']) - Number(a.data['sequence']));
    expect(newest.map(({ type }) => type)).toEqual(['order.fulfilled', 'order.failed']);
    expect(newest[1]?.data).toMatchObject({ reason: 'made_up', step: 'resolve_order' });
  });
});

const refused = new Fault(aFault({ kind: 'permanent', reason: 'made_up' }));

describe('an entitlement that is taken back', () => {
  it('is told each time, and not when it stays as it is', async () => {
    const { orderId } = await sell();
    const move = (state: string) =>
      stack.rows(
        `update fulfillment.ebook_entitlements e set state = $1 from fulfillment.payments p
          where p.id = e.payment_id and p.order_id = $2`,
        [state, orderId],
      );
    for (const state of ['revoked', 'revoked', 'active', 'revoked']) await move(state);
    startTelling();
    for (const { id } of await toldJobs(orderId)) await stack.untilOver(id);
    const revoked = receiver.told.filter(({ type }) => type === 'entitlement.revoked');
    expect(revoked).toHaveLength(2);
    expect(new Set(revoked.map(({ id }) => id)).size).toBe(2);
    expect(revoked[0]?.data).toMatchObject({ order_id: orderId, product_id: 'book-1', reason: 'by_staff' });
  });
});

it('what is told is undone with the transaction of its cause', async () => {
  const { orderId } = await sell();
  const client = await stack.admin.connect();
  await client.query('begin');
  await client.query(`update fulfillment.ebook_entitlements e set state = 'revoked' from fulfillment.payments p
                       where p.id = e.payment_id and p.order_id = '${orderId}'`);
  await client.query('rollback');
  client.release();
  expect(await toldJobs(orderId)).toHaveLength(1);
});
