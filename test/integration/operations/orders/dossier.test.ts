import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomUUID } from 'node:crypto';
import type { ShownOrder } from '../../../../src/operations/orders/orderParts.ts';
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

describe('an order that is shown', () => {
  it('has a verdict, and under it all that it rests on', async () => {
    const shown = await stack.show(orders.done.orderId);
    expect(shown.verdict).toMatch(
      /^Paid, receipt R-\d{4}\/\d{6} sent, 3 files stored, all done at \d\d:\d\d UTC\.$/,
    );
    expect(shown).toMatchObject({
      jobId: orders.done.jobId,
      version: (await stack.see(orders.done.jobId)).events.length,
      status: 'completed',
      sla: { met: true },
      worker: null,
      dueAt: null,
      payment: {
        paid: true,
        takenBack: false,
        amountMinor: 4900,
        currency: 'pln',
        facts: { charge_id: 'ch_3Done' },
      },
      buyer: {
        email: 'wa•••@re•••.example',
        name: 'W••• N•••',
        country: 'PL',
        taxIds: [{ type: 'pl_nip', value: '52•••' }],
      },
      order: { total: 4900, lines: [{ lineNo: 1, productId: 'calm-checkout', total: 4900 }] },
      mails: [
        {
          kind: 'receipt',
          state: 'accepted',
          to: 'wa•••@re•••.example',
          attempts: [{ outcome: 'accepted' }],
        },
      ],
      entitlements: [
        {
          state: 'pending_claim',
          history: [{ to: 'processing' }, { from: 'processing', to: 'pending_claim' }],
          links: [
            { format: 'epub', links: 1, live: 1 },
            { format: 'pdf', links: 1, live: 1 },
          ],
          downloads: [],
        },
      ],
      findings: [{ kind: 'amount_differs', details: { who: 'wa•••@re•••.example' } }],
      alerts: [{ rule: 'mail_slow', state: 'open' }],
      olderBefore: null,
    });
    expect(shown.files.map(({ kind, format }) => `${kind} ${format}`)).toEqual([
      'receipt pdf',
      'copy epub',
      'copy pdf',
    ]);
    expect(shown.files[0]?.sha256Prefix).toMatch(/^[0-9a-f]{12}$/);
    expect(shown.steps.map(({ step, state }) => `${step} ${state}`)).toContain('storage done');
    expect(shown.timeline[0]).toMatchObject({ seq: 1, kind: 'job.accepted' });
    holdsNoBuyer(shown);
  });

  it('is found by everything that names it', async () => {
    const { receipt } = await stack.show(orders.done.jobId);
    const refs = [
      orders.done.jobId.toUpperCase(),
      ` ${orders.done.orderId.toLowerCase()} `,
      receipt?.number ?? '',
      orders.done.paymentIntentId,
      orders.done.sessionId,
      'ch_3Done',
      `evt_first_${orders.done.sessionId.replace('cs_test_', '')}`,
      `https://dashboard.stripe.com/test/payments/${orders.done.paymentIntentId}`,
      plain.email.toUpperCase(),
    ];
    for (const ref of refs) expect((await stack.show(ref)).jobId, ref).toBe(orders.done.jobId);
  });

  it('takes a few statements, however much there is', async () => {
    await stack.show(orders.waiting.jobId);
    const before = stack.statements();
    await stack.show(orders.waiting.orderId);
    expect(stack.statements() - before).toBeLessThanOrEqual(11);
  });

  it('tells what is not done, why, and when it is tried again', async () => {
    const shown = await stack.show(orders.waiting.orderId);
    expect(shown.verdict).toMatch(
      /^Paid, receipt R-\d{4}\/\d{6} sent; the EPUB is not stored: the storage asks for patience, tries again at (\S+ )?\d\d:\d\d UTC\.$/,
    );
    expect(shown).toMatchObject({ state: 'open', status: 'pending_retry', sla: { met: null } });
    const tries = shown.attempts.filter(({ effect }) => effect === 'copy:1:epub');
    expect(tries).toMatchObject([
      { no: 1, of: 3, providerRequestId: 'req_1', reason: 'storage_unavailable', comparedWithBefore: null },
      { no: 2, of: 3, providerRequestId: 'req_2', provider: 'bucket', comparedWithBefore: 'same as #1' },
      { no: 3, of: 3, fault: 'rate_limited', detail: 'The storage asks for patience.' },
    ]);
    expect(tries[2]?.comparedWithBefore).toContain('unlike #2: fault was "transient" and is "rate_limited"');
    expect(tries[0]?.workerVersion).toBe('0');
    const storage = shown.steps.find(({ step }) => step === 'storage');
    expect(storage?.effects.find(({ effect }) => effect === 'copy:1:epub')).toMatchObject({
      reason: 'storage_busy',
    });
  });

  it('that has failed or waits for people says so, and no server’s words give the buyer away', async () => {
    const failed = await stack.show(orders.refused.jobId);
    expect(failed.verdict).toMatch(
      /^Paid, receipt \S+ issued; the receipt is not sent: the mail server refuses wa•••@re•••.example \(550\); it has failed, /,
    );
    expect(failed).toMatchObject({ status: 'failed: email', failedStep: 'email', sla: { met: false } });
    expect((await stack.show(orders.unknown.jobId)).verdict).toMatch(
      /^Paid; the order is not read from Stripe: .+; it waits for a person/,
    );
    holdsNoBuyer([failed, await stack.show(orders.unknown.jobId)]);
    expect(JSON.stringify(failed)).not.toContain('twice@');
  });

  it('offers what makes sense now to whoever may do it, as a line to run', async () => {
    const offers = async (ref: string, role: 'ops_viewer' | 'ops_editor' | 'ops_admin') =>
      (await stack.show(ref, { caller: callerOf(role) })).nextActions;
    const operationsOf = async (...given: Parameters<typeof offers>) =>
      (await offers(...given)).map(({ operation }) => operation);
    expect(await operationsOf(orders.refused.jobId, 'ops_viewer')).toEqual([]);
    expect(await operationsOf(orders.refused.jobId, 'ops_editor')).toEqual(['job:retry', 'downloads:extend']);
    expect(await operationsOf(orders.refused.jobId, 'ops_admin')).toEqual(
      expect.arrayContaining(['job:retry', 'job:cancel', 'email:correct', 'buyer:reveal']),
    );
    expect(await operationsOf(orders.done.jobId, 'ops_editor')).toEqual([
      'receipt:resend',
      'links:reissue',
      'downloads:extend',
      'alert:acknowledge',
    ]);
    const { version } = await stack.show(orders.refused.jobId);
    expect((await offers(orders.refused.jobId, 'ops_editor'))[0]?.cli).toBe(
      `fulfillment orders retry ${orders.refused.jobId} --version ${version}`,
    );
  });

  it('shows its timeline in pages', async () => {
    const { jobId } = await insertSearchedOrder(stack, {
      state: 'open',
      steps: { resolve_order: 'waiting 3 slow' },
    });
    await stack.rows(
      `insert into fulfillment.fulfillment_job_events (job_id, seq, kind, actor, data)
       select $1, n, 'payment.merged', 'door:webhook', '{"who": "wanda.nowicka@readers.example"}' from generate_series(1, 450) n`,
      [jobId],
    );
    const first = await stack.show(jobId);
    expect(first).toMatchObject({ version: 450, olderBefore: 251 });
    const second = await stack.ask<ShownOrder>('orders:show', { ref: jobId, before: 251 });
    const third = await stack.ask<ShownOrder>('orders:show', { ref: jobId, before: second.olderBefore });
    expect(third.olderBefore).toBeNull();
    const seqs = [third, second, first].flatMap(({ timeline }) => timeline.map(({ seq }) => seq));
    expect(seqs).toEqual(Array.from({ length: 450 }, (_, index) => index + 1));
    holdsNoBuyer(first);
  });

  it('tells who of staff did what to it, and what other jobs its payment has', async () => {
    await stack.ask(
      'buyer:reveal',
      { jobId: orders.waiting.jobId, field: 'name' },
      { reason: 'the buyer called, ticket 4711' },
    );
    await stack.rows(
      `insert into fulfillment.fulfillment_jobs (kind, subject_key, payment_id, plan_id, sla_deadline)
       select 'resend_receipt', $1, j.payment_id, j.plan_id, j.sla_deadline from fulfillment.fulfillment_jobs j where j.id = $2`,
      [`${orders.waiting.orderId}/1`, orders.waiting.jobId],
    );
    const shown = await stack.show(orders.waiting.jobId, { caller: callerOf('ops_viewer') });
    expect(shown.audit).toEqual([
      {
        at: expect.any(String),
        actor: 'auth0|anna',
        action: 'buyer:reveal',
        result: 'done',
        reason: 'the buyer called, ticket 4711',
      },
    ]);
    expect(shown.relatedJobs).toMatchObject([{ kind: 'resend_receipt', state: 'open' }]);
    const [resend] = shown.relatedJobs;
    expect(await stack.show(resend?.jobId ?? '')).toMatchObject({
      kind: 'resend_receipt',
      orderId: orders.waiting.orderId,
    });
  });
});

describe('a field of a buyer', () => {
  it.each([
    ['email', plain.email],
    ['name', plain.name],
    ['company', plain.company],
    ['taxIds', 'pl_nip 5252525252'],
    ['address', 'Polna 7\n30-002 Kraków\nPL'],
  ])('is revealed for a minute, and the audit names the field: %s', async (field, value) => {
    const before = Date.now();
    const revealed = await stack.ask<{ value: string; until: string }>(
      'buyer:reveal',
      { jobId: orders.done.jobId, field },
      { reason: 'ticket 7' },
    );
    expect(revealed.value).toBe(value);
    expect(Date.parse(revealed.until) - before).toBeGreaterThan(59_000);
    const { rows } = await stack.audit.list({ target: { id: orders.done.jobId } }, { limit: 1 });
    expect(rows).toMatchObject([{ action: 'buyer:reveal', reason: 'ticket 7', details: { field } }]);
    expect(JSON.stringify(rows)).not.toContain(value);
  });

  it('is not revealed without a reason, or to those who may not', async () => {
    const input = { jobId: orders.done.jobId, field: 'email' };
    expect(await stack.refusalOf(stack.ask('buyer:reveal', input))).toMatchObject({ code: 'reason_missing' });
    const caller = callerOf(['ops_editor', 'ops_finance'], 'auth0|eve');
    const asked = { caller, reason: 'curious' };
    expect(await stack.refusalOf(stack.ask('buyer:reveal', input, asked))).toMatchObject({
      kind: 'not_allowed',
    });
    const { rows } = await stack.audit.list({ actor: 'auth0|eve' }, { limit: 5 });
    expect(rows).toMatchObject([{ action: 'buyer:reveal', result: 'refused' }]);
  });

  it('is not known before the order is resolved', async () => {
    const input = { jobId: orders.unknown.jobId, field: 'email' };
    const refusal = await stack.refusalOf(stack.ask('buyer:reveal', input, { reason: 'ticket 7' }));
    expect(refusal).toMatchObject({ kind: 'wrong_state', code: 'buyer_unknown' });
  });
});

describe('two attempts', () => {
  const diff = (input: object) =>
    stack.ask<Record<string, unknown>>('orders:diff', {
      jobId: orders.waiting.jobId,
      step: 'storage',
      effect: 'copy:1:epub',
      ...input,
    });

  it('are compared: the last two, or those that are named', async () => {
    expect(await diff({})).toMatchObject({ from: { no: 2 }, to: { no: 3 }, same: false });
    const same = await diff({ from: 1, to: 2 });
    expect(same).toMatchObject({ same: true, summary: '#2 is the same as #1' });
    expect(same['differences']).toContainEqual({ field: 'providerRequestId', from: 'req_1', to: 'req_2' });
  });

  it('that are not there are refused with those that are', async () => {
    expect((await stack.refusalOf(diff({ to: 7 }))).message).toContain('#1 to #3');
    expect(await stack.refusalOf(diff({ effect: undefined, step: 'receipt' }))).toMatchObject({
      code: 'only_one_attempt',
    });
    expect(await stack.refusalOf(diff({ effect: undefined, step: `'; drop` }))).toMatchObject({
      code: 'no_attempts',
    });
    expect(await stack.refusalOf(diff({ step: 'a\0b' }))).toMatchObject({
      kind: 'invalid_input',
      field: 'step',
    });
    expect(await stack.refusalOf(diff({ effect: '\0' }))).toMatchObject({
      kind: 'invalid_input',
      field: 'effect',
    });
    expect(await stack.refusalOf(diff({ jobId: randomUUID() }))).toMatchObject({ code: 'unknown_job' });
  });
});
