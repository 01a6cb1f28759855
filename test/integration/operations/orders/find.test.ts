import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomUUID } from 'node:crypto';
import type { ShownFailure } from '../../../../src/operations/failures/failureGroup.ts';
import type { Asked } from '../../../../src/operations/frame/operation.ts';
import type { FoundOrder } from '../../../../src/operations/orders/foundOrder.ts';
import { type DossierStack, holdsNoBuyer, plain, startDossierStack } from '../../../builders/dossierStack.ts';
import { callerOf } from '../../../builders/operationsStack.ts';
import { insertSearchedOrder } from '../../../builders/searchedOrder.ts';

let stack: DossierStack;
let orders: DossierStack['orders'];
beforeAll(async () => {
  stack = await startDossierStack();
  orders = stack.orders;
});
afterAll(() => stack.stop());

interface Found {
  orders: FoundOrder[];
  next: string | null;
  bound: { kind: string; sentence: string };
  query: string;
}

describe('a reference', () => {
  it('to a buyer with several orders says how many, how to see them, and not who it is', async () => {
    const refusal = await stack.refusalOf(stack.show('twice@readers.example'));
    expect(refusal).toMatchObject({ kind: 'wrong_state', code: 'several_orders', field: 'ref' });
    expect(refusal.message).toBe('There are 2 orders of the buyer with this address.');
    expect(refusal.remedy).toContain('orders:search');
  });

  it('to what led to no order says so', async () => {
    await stack.rows(
      `with paid as (insert into fulfillment.payments (payment_key, payment_intent_id, order_id, livemode) values ('pi_late', 'pi_late', 'LATE-0000-0001', false))
       insert into fulfillment.stripe_events (event_id, content_sha256, verdict, reason) values ('evt_other', '\\x07', 'ignored', 'type_not_acted_on')`,
    );
    expect(await stack.refusalOf(stack.show('pi_late'))).toMatchObject({
      kind: 'not_found',
      code: 'payment_not_paid',
    });
    expect((await stack.refusalOf(stack.show('evt_other'))).message).toContain('ignored (type_not_acted_on)');
    expect(await stack.refusalOf(stack.show('pi_nobody'))).toMatchObject({
      kind: 'not_found',
      code: 'no_such_order',
    });
    expect(await stack.refusalOf(stack.show(randomUUID()))).toMatchObject({
      kind: 'not_found',
      code: 'unknown_job',
    });
    expect(await stack.refusalOf(stack.show('cus_9s6XKzkNRiz8i3'))).toMatchObject({
      code: 'unsupported_reference',
    });
  });

  it.each([
    ['nothing', ''],
    ['blanks', '   '],
    ['NUL', 'pi_1\0'],
    ['NUL in an address', 'a\0b@readers.example'],
    ['10 kB', 'pi_'.padEnd(10_000, 'x')],
    ['quotes', `' or '1'='1`],
    ['quotes in an address', `"a' or 1=1 --"@readers.example`],
    ['a wildcard', '%'],
    ['a wildcard for an address', '%@%.example'],
    ['a path', '../../etc/passwd'],
    ['a lone surrogate', '\ud800'],
    ['unicode', '＠ｐｉ＿１２３'],
    ['text from right to left', '\u202eexe.gpj'],
    ['a receipt without end', 'R-2026/999999999999'],
    ['half a job', '019ab0f2-0000-7000'],
    ['JSON', '{"$gt": ""}'],
  ])('made of %s is refused', async (_what, ref) => {
    const { kind } = await stack.refusalOf(stack.show(ref));
    expect(['invalid_input', 'not_found']).toContain(kind);
  });
});

describe('a search', () => {
  const search = (input: object) => stack.ask<Found>('orders:search', input);

  it('with a misspelt address and a rough date finds the order first', async () => {
    const at = (day: string) => new Date(`${day}T12:00:00Z`);
    const order = await insertSearchedOrder(stack, {
      at: at('2026-11-21'),
      email: 'Anna.Kowalska@gmail.com',
      name: 'Anna Kowalska',
      receipt: 900_001,
    });
    for (const [name, day] of [
      ['anna.kowalska', '2026-10-02'],
      ['anna.kowalczyk', '2026-11-21'],
      ['jan.kowalski', '2026-11-21'],
      ['anna.nowak', '2026-11-20'],
      ['hanna.kowal', '2026-11-21'],
      ['annika.sky', '2026-11-21'],
    ] as const)
      await insertSearchedOrder(stack, {
        at: at(day),
        email: `${name}@gmail.com`,
        name: name.replace('.', ' '),
      });
    const found = await search({ q: 'ann.kowalsky gmial created:2026-11-20..2026-11-22' });
    expect(found.orders[0]).toMatchObject({
      jobId: order.jobId,
      buyer: 'An•••@gm•••.com',
      receiptNumber: 'R-2026/900001',
    });
    expect(found.orders.every(({ createdAt }) => createdAt > '2026-11-20')).toBe(true);
    expect(found.bound.sentence).toMatch(
      /^Looked at the orders of \d+ (buyer who resembles|buyers who resemble) the words, the most similar first\./,
    );
    expect(JSON.stringify(found)).not.toMatch(/kowalska/i);
    // The second step of the story: what it shows is what the next operation names.
    const shown = await stack.show(found.orders[0]?.receiptNumber ?? '');
    expect(shown.nextActions.map(({ operation }) => operation)).toContain('email:correct');
  });

  it('says what it does not understand, and what was probably meant', async () => {
    const misspelt = await stack.refusalOf(search({ q: 'statsu:failed' }));
    expect(misspelt).toMatchObject({ kind: 'invalid_input', code: 'unknown_qualifier', field: 'q' });
    expect(misspelt.remedy).toContain('status:');
    const wrong = await stack.refusalOf(search({ q: 'status:faild' }));
    expect(wrong.remedy).toContain('status:failed');
    expect((await stack.refusalOf(search({ q: 'email:wanda.nowicka@' }))).message).not.toContain(plain.email);
    expect(await stack.refusalOf(search({ q: 'x'.repeat(3_000) }))).toMatchObject({
      code: 'too_long',
      field: 'q',
    });
    expect(await stack.refusalOf(search({ q: 'x'.repeat(20_000) }))).toMatchObject({
      kind: 'invalid_input',
      field: 'q',
    });
    expect(await stack.refusalOf(search({ q: '', cursor: 'bm9uZQ' }))).toMatchObject({
      code: 'bad_cursor',
      field: 'cursor',
    });
    expect(await stack.refusalOf(search({ q: '', limit: 201 }))).toMatchObject({ field: 'limit' });
  });

  it('goes on page by page, and says where it looked and how it was understood', async () => {
    const first = await search({ q: '  STATUS:failed   created:<30d ', limit: 1 });
    expect(first.query).toBe('status:failed created:<30d');
    expect(first.bound.kind).toBe('states');
    expect(first.orders.map(({ jobId }) => jobId)).toEqual([orders.refused.jobId]);
    expect(first.next).toBeNull();
    const page = await search({ limit: 3 });
    expect(page.bound.sentence).toMatch(
      /^Looked at orders accepted since .+ UTC\. Add created: to look further back\.$/,
    );
    const next = await search({ limit: 3, cursor: page.next });
    expect(next.orders.every(({ jobId }) => !page.orders.some((one) => one.jobId === jobId))).toBe(true);
  });
});

describe('failures', () => {
  const list = () => stack.ask<{ failures: ShownFailure[]; complete: boolean }>('failures:list', {});

  it('stand together by step, reason and provider, with what they are worth and a search that selects them', async () => {
    const { failures, complete } = await list();
    expect(complete).toBe(true);
    expect(failures).toMatchObject(
      [
        {
          state: 'failed',
          step: 'email',
          reason: 'mailbox_refused',
          provider: 'memory',
          jobs: 1,
          payments: 1,
        },
        {
          state: 'blocked',
          step: 'resolve_order',
          reason: 'unknown_product',
          provider: null,
          sampleJobIds: [orders.unknown.jobId],
        },
      ].toSorted(
        (one, other) =>
          failures.findIndex(({ state }) => state === one.state) -
          failures.findIndex(({ state }) => state === other.state),
      ),
    );
    const failed = failures.find(({ state }) => state === 'failed');
    expect(failed).toMatchObject({
      amounts: [{ currency: 'pln', amountMinor: 4900 }],
      query: 'status:failed step:email reason:mailbox_refused provider:memory',
      summary: 'of 1 job the receipt is not sent: mailbox refused (memory)',
    });
    const found = await stack.ask<Found>('orders:search', { q: failed?.query });
    expect(found.orders.map(({ jobId }) => jobId)).toEqual(failed?.sampleJobIds);
  });

  it('are shown job by job, and a group that is none is refused', async () => {
    const [failed] = (await list()).failures.filter(({ state }) => state === 'failed');
    const shown = await stack.ask<Record<string, unknown>>('failures:show', {
      fingerprint: failed?.fingerprint,
    });
    expect(shown).toMatchObject({
      failure: { fingerprint: failed?.fingerprint },
      jobs: [
        {
          jobId: orders.refused.jobId,
          orderId: orders.refused.orderId,
          attempts: 1,
          detail: expect.stringContaining('wa•••@re•••'),
        },
      ],
      next: null,
    });
    expect(await stack.refusalOf(stack.ask('failures:show', { fingerprint: '0123456789ab' }))).toMatchObject({
      kind: 'not_found',
    });
    expect(await stack.refusalOf(stack.ask('failures:show', { fingerprint: "' or 1=1" }))).toMatchObject({
      field: 'fingerprint',
    });
  });
});

describe('an export', () => {
  const take = (input: object, asked: Partial<Asked> = {}) =>
    stack.ask<{ rows: FoundOrder[] | null; csv: string | null; count: number; complete: boolean }>(
      'orders:export',
      input,
      {
        reason: 'the books of November',
        ...asked,
      },
    );

  it('takes all rows of a search, masked, and is written down with how many', async () => {
    for (let made = 0; made < 3; made += 1)
      await insertSearchedOrder(stack, {
        state: 'held',
        reason: '=cmd|calc',
        email: `=${made}@evil.example`,
      }).catch(() => undefined);
    const taken = await take({ q: 'created:<30d' });
    expect(taken.complete).toBe(true);
    expect(taken.count).toBe(taken.rows?.length);
    expect(taken.rows?.map(({ jobId }) => jobId)).toEqual(
      expect.arrayContaining([orders.done.jobId, orders.refused.jobId, orders.unknown.jobId]),
    );
    holdsNoBuyer(taken);
    const { rows } = await stack.audit.list({ action: 'orders:export' }, { limit: 1 });
    expect(rows).toMatchObject([
      { reason: 'the books of November', details: { rows: taken.count, complete: true } },
    ]);
  });

  it('as CSV is safe to open in a spreadsheet', async () => {
    await insertSearchedOrder(stack, { state: 'failed', reason: '=cmd|calc!A1', failedStep: 'email' });
    const { csv } = await take({ q: 'status:failed', format: 'csv' });
    const lines = csv?.split('\r\n') ?? [];
    expect(lines[0]).toMatch(/^order_id,job_id,kind,status,/);
    expect(csv).toContain(`,'=cmd|calc!A1,`);
    expect(csv).toContain(',49.00,PLN,');
  });

  it('needs a reason, and a role that may', async () => {
    expect(await stack.refusalOf(take({ q: '' }, { reason: '' }))).toMatchObject({ code: 'reason_missing' });
    expect(await stack.refusalOf(take({ q: '' }, { caller: callerOf('ops_viewer') }))).toMatchObject({
      kind: 'not_allowed',
    });
  });
});
