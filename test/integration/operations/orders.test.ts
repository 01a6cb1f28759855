import { createHash, randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fault, type FaultDetails } from '../../../src/domain/fault.ts';
import { systemClock } from '../../../src/main/systemClock.ts';
import { createRefusalThrottle } from '../../../src/operations/audit/throttleRefusals.ts';
import { createFailureOperations } from '../../../src/operations/failures/failureOperations.ts';
import type { ShownFailure } from '../../../src/operations/failures/failureGroup.ts';
import type { Asked } from '../../../src/operations/frame/operation.ts';
import { createOperations } from '../../../src/operations/frame/operations.ts';
import { Refusal } from '../../../src/operations/frame/refusal.ts';
import type { FoundOrder } from '../../../src/operations/orders/foundOrder.ts';
import { createOrderOperations } from '../../../src/operations/orders/orderOperations.ts';
import type { ShownOrder } from '../../../src/operations/orders/orderParts.ts';
import type { Step } from '../../../src/ports/step.ts';
import { createAuditLog } from '../../../src/store/audit/auditLog.ts';
import { createFailureLedger } from '../../../src/store/dossier/failures.ts';
import { createOrderDossiers } from '../../../src/store/dossier/orderDossiers.ts';
import { operationRequests } from '../../../src/store/operations/operationRequests.ts';
import { createSearchStore } from '../../../src/store/search/searchStore.ts';
import { inTransaction } from '../../../src/store/transaction.ts';
import { aBook, type Bought, startFulfilStack } from '../../builders/fulfilStack.ts';
import { callerOf } from '../../builders/operationsStack.ts';
import { insertSearchedOrder } from '../../builders/searchedOrder.ts';
import { createMemoryMailer } from '../../fakes/memoryMailer.ts';
import { aCheckout, aPurchaseLine } from '../../fakes/memoryPayments.ts';

const start = async () => {
  const stack = await startFulfilStack();
  const pool = stack.poolAs('fulfillment_operations', 4);
  const statements = countStatements(pool);
  const audit = createAuditLog(pool);
  const operations = createOperations({
    operations: [
      ...createOrderOperations({
        dossiers: createOrderDossiers(pool),
        search: createSearchStore({
          database: pool,
          stepsOfProvider: new Map([['stripe', ['resolve_order']]]),
        }),
        clock: systemClock,
      }),
      ...createFailureOperations(createFailureLedger(pool)),
    ],
    inTransaction: (work) => inTransaction(pool, work),
    requests: operationRequests,
    audit,
    refusals: createRefusalThrottle({ log: audit, clock: systemClock }),
    sha256: (bytes) => createHash('sha256').update(bytes).digest(),
    newId: randomUUID,
    announce: () => undefined,
  });
  const ask = async <Output>(name: string, input: unknown, asked: Partial<Asked> = {}): Promise<Output> => {
    const answer = await operations.ask(name, { caller: callerOf('ops_admin'), input, ...asked });
    return answer.output as Output;
  };
  return { ...stack, audit, ask, statements };
};

/** How many statements went over the pool's connections. */
function countStatements(pool: pg.Pool) {
  let count = 0;
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...given: unknown[]) => unknown;
    client.query = ((...given: unknown[]) => {
      count += 1;
      return query(...given);
    }) as typeof client.query;
  });
  return () => count;
}

let stack: Awaited<ReturnType<typeof start>>;
const show = (ref: string, asked: Partial<Asked> = {}) =>
  stack.ask<ShownOrder>('orders:show', { ref }, asked);
const refusalOf = (asking: Promise<unknown>) =>
  asking.then(
    () => expect.fail('not refused'),
    (error: unknown) => {
      if (error instanceof Refusal) return error;
      throw error;
    },
  );

const plain = {
  email: 'wanda.nowicka@readers.example',
  name: 'Wanda Nowicka',
  company: 'Lektura Wandy',
  street: 'Polna 7',
};
const buyer = {
  ...aCheckout().buyer,
  ...plain,
  taxIds: [{ type: 'pl_nip', value: '5252525252' }],
  address: {
    line1: 'Polna 7',
    line2: null,
    city: 'Kraków',
    postalCode: '30-002',
    state: null,
    country: 'PL',
  },
};
/** Nothing that staff sees without a reveal has a buyer's own words in it. */
const holdsNoBuyer = (shown: unknown) => {
  const text = JSON.stringify(shown);
  for (const word of [...Object.values(plain), '5252525252', 'wanda', 'nowicka', '30-002'])
    expect(text.toLowerCase()).not.toContain(word.toLowerCase());
};

const fault = (fields: Partial<FaultDetails>) =>
  new Fault({
    kind: 'transient',
    reason: 'storage_unavailable',
    message: 'The storage answered 503.',
    provider: 'bucket',
    ...fields,
  });

/** The EPUB is refused twice in one way, and then in another that has it wait for ten minutes. */
function withoutEpub(): (step: Step) => Step {
  let tried = 0;
  return (step) => {
    if (step.kind !== 'outside' || step.name !== 'storage') return step;
    return {
      ...step,
      retry: { baseMs: 1, capMs: 1, attemptsMax: 9, retryAfterCapMs: 3_600_000 },
      make: (input, context) => {
        if (input.effect.key !== 'copy:1:epub') return step.make(input, context);
        tried += 1;
        throw tried < 3
          ? fault({ providerRequestId: `req_${tried}` })
          : fault({
              kind: 'rate_limited',
              reason: 'storage_busy',
              message: 'The storage asks for patience.',
              retryAfterMs: 600_000,
            });
      },
    };
  };
}

let done: Bought;
let waiting: Bought;
let refused: Bought;
let unknown: Bought;

beforeAll(async () => {
  stack = await start();
  await stack.importBooks(aBook('calm-checkout', 'price_1'));
  const mailer = createMemoryMailer();
  mailer.otherwise({
    then: 'refuse',
    fault: {
      kind: 'permanent',
      reason: 'mailbox_refused',
      message: `The mail server refuses ${plain.email} (550).`,
    },
  });
  const [well, noEpub, noMail] = [
    stack.startFulfilling(),
    stack.startFulfilling({ change: withoutEpub() }),
    stack.startFulfilling({ mailer }),
  ];
  const twice = { ...buyer, email: 'twice@readers.example' };
  [done, waiting, refused, unknown] = await Promise.all([
    well.buy({ checkout: { buyer } }),
    noEpub.buy({ checkout: { buyer: { ...buyer, email: 'jan@elsewhere.example' } } }),
    noMail.buy({ checkout: { buyer: twice } }),
    stack.startFulfilling({ patienceMs: 0 }).buy({
      checkout: { buyer: twice, lines: [aPurchaseLine({ priceId: 'price_9' })] },
    }),
    well.buy({ checkout: { buyer: twice } }).then(({ jobId }) => stack.untilOver(jobId)),
  ]);
  await Promise.all([
    stack.untilOver(done.jobId),
    stack.untilOver(refused.jobId),
    stack.untilState(unknown.jobId, 'blocked'),
    stack.until(
      waiting.jobId,
      ({ effects, dispatch }) => effects['copy:1:epub']?.reason === 'storage_busy' && !dispatch?.worker,
    ),
  ]);
  await stack.stopWorkers();
  await stack.rows(
    `with event as (
       update fulfillment.payments set facts = facts || '{"charge_id": "ch_3Done", "note": "wanda.nowicka@readers.example"}'
        where order_id = $1 returning id
     ), run as (insert into fulfillment.reconciliation_runs (day) values (current_date) returning id
     ), alert as (
       insert into fulfillment.alerts (rule, severity, summary, job_id) values ('mail_slow', 'ticket', 'One mail is slow.', $2)
     )
     insert into fulfillment.reconciliation_findings (run_id, last_run_id, kind, subject_key, payment_id, details)
     select run.id, run.id, 'amount_differs', 'pi', event.id, '{"who": "wanda.nowicka@readers.example"}' from run, event`,
    [done.orderId, done.jobId],
  );
});
afterAll(() => stack.stop());

describe('an order that is shown', () => {
  it('has a verdict, and under it all that it rests on', async () => {
    const shown = await show(done.orderId);
    expect(shown.verdict).toMatch(
      /^Paid, receipt R-\d{4}\/\d{6} sent, 3 files stored, all done at \d\d:\d\d UTC\.$/,
    );
    expect(shown).toMatchObject({
      jobId: done.jobId,
      version: (await stack.see(done.jobId)).events.length,
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
    const { receipt } = await show(done.jobId);
    const refs = [
      done.jobId.toUpperCase(),
      ` ${done.orderId.toLowerCase()} `,
      receipt?.number ?? '',
      done.paymentIntentId,
      done.sessionId,
      'ch_3Done',
      `evt_first_${done.sessionId.replace('cs_test_', '')}`,
      `https://dashboard.stripe.com/test/payments/${done.paymentIntentId}`,
      plain.email.toUpperCase(),
    ];
    for (const ref of refs) expect((await show(ref)).jobId, ref).toBe(done.jobId);
  });

  it('takes a few statements, however much there is', async () => {
    await show(waiting.jobId);
    const before = stack.statements();
    await show(waiting.orderId);
    expect(stack.statements() - before).toBeLessThanOrEqual(11);
  });

  it('tells what is not done, why, and when it is tried again', async () => {
    const shown = await show(waiting.orderId);
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
    const failed = await show(refused.jobId);
    expect(failed.verdict).toMatch(
      /^Paid, receipt \S+ issued; the receipt is not sent: the mail server refuses wa•••@re•••.example \(550\); it has failed, /,
    );
    expect(failed).toMatchObject({ status: 'failed: email', failedStep: 'email', sla: { met: false } });
    expect((await show(unknown.jobId)).verdict).toMatch(
      /^Paid; the order is not read from Stripe: .+; it waits for a person/,
    );
    holdsNoBuyer([failed, await show(unknown.jobId)]);
    expect(JSON.stringify(failed)).not.toContain('twice@');
  });

  it('offers what makes sense now to whoever may do it, as a line to run', async () => {
    const offers = async (ref: string, role: 'ops_viewer' | 'ops_editor' | 'ops_admin') =>
      (await show(ref, { caller: callerOf(role) })).nextActions;
    const operationsOf = async (...given: Parameters<typeof offers>) =>
      (await offers(...given)).map(({ operation }) => operation);
    expect(await operationsOf(refused.jobId, 'ops_viewer')).toEqual([]);
    expect(await operationsOf(refused.jobId, 'ops_editor')).toEqual(['job:retry', 'downloads:extend']);
    expect(await operationsOf(refused.jobId, 'ops_admin')).toEqual(
      expect.arrayContaining(['job:retry', 'job:cancel', 'email:correct', 'buyer:reveal']),
    );
    expect(await operationsOf(done.jobId, 'ops_editor')).toEqual([
      'receipt:resend',
      'links:reissue',
      'downloads:extend',
      'alert:acknowledge',
    ]);
    const { version } = await show(refused.jobId);
    expect((await offers(refused.jobId, 'ops_editor'))[0]?.cli).toBe(
      `fulfillment orders retry ${refused.jobId} --version ${version}`,
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
    const first = await show(jobId);
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
      { jobId: waiting.jobId, field: 'name' },
      { reason: 'jan@elsewhere.example called' },
    );
    await stack.rows(
      `insert into fulfillment.fulfillment_jobs (kind, subject_key, payment_id, plan_id, sla_deadline)
       select 'resend_receipt', $1, j.payment_id, j.plan_id, j.sla_deadline from fulfillment.fulfillment_jobs j where j.id = $2`,
      [`${waiting.orderId}/1`, waiting.jobId],
    );
    const shown = await show(waiting.jobId, { caller: callerOf('ops_viewer') });
    expect(shown.audit).toEqual([
      {
        at: expect.any(String),
        actor: 'auth0|anna',
        action: 'buyer:reveal',
        result: 'done',
        reason: 'j•••@el•••.example called',
      },
    ]);
    expect(shown.relatedJobs).toMatchObject([{ kind: 'resend_receipt', state: 'open' }]);
    const [resend] = shown.relatedJobs;
    expect(await show(resend?.jobId ?? '')).toMatchObject({
      kind: 'resend_receipt',
      orderId: waiting.orderId,
    });
  });
});

describe('a reference', () => {
  it('to a buyer with several orders says how many, how to see them, and not who it is', async () => {
    const refusal = await refusalOf(show('twice@readers.example'));
    expect(refusal).toMatchObject({ kind: 'wrong_state', code: 'several_orders', field: 'ref' });
    expect(refusal.message).toBe('There are 2 orders of the buyer with this address.');
    expect(refusal.remedy).toContain('orders:search');
  });

  it('to what led to no order says so', async () => {
    await stack.rows(
      `with paid as (insert into fulfillment.payments (payment_key, payment_intent_id, order_id, livemode) values ('pi_late', 'pi_late', 'LATE-0000-0001', false))
       insert into fulfillment.stripe_events (event_id, content_sha256, verdict, reason) values ('evt_other', '\\x07', 'ignored', 'type_not_acted_on')`,
    );
    expect(await refusalOf(show('pi_late'))).toMatchObject({ kind: 'not_found', code: 'payment_not_paid' });
    expect((await refusalOf(show('evt_other'))).message).toContain('ignored (type_not_acted_on)');
    expect(await refusalOf(show('pi_nobody'))).toMatchObject({ kind: 'not_found', code: 'no_such_order' });
    expect(await refusalOf(show(randomUUID()))).toMatchObject({ kind: 'not_found', code: 'unknown_job' });
    expect(await refusalOf(show('cus_9s6XKzkNRiz8i3'))).toMatchObject({ code: 'unsupported_reference' });
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
    const { kind } = await refusalOf(show(ref));
    expect(['invalid_input', 'not_found']).toContain(kind);
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
      { jobId: done.jobId, field },
      { reason: 'ticket 7' },
    );
    expect(revealed.value).toBe(value);
    expect(Date.parse(revealed.until) - before).toBeGreaterThan(59_000);
    const { rows } = await stack.audit.list({ target: { id: done.jobId } }, { limit: 1 });
    expect(rows).toMatchObject([{ action: 'buyer:reveal', reason: 'ticket 7', details: { field } }]);
    expect(JSON.stringify(rows)).not.toContain(value);
  });

  it('is not revealed without a reason, or to those who may not', async () => {
    const input = { jobId: done.jobId, field: 'email' };
    expect(await refusalOf(stack.ask('buyer:reveal', input))).toMatchObject({ code: 'reason_missing' });
    const caller = callerOf(['ops_editor', 'ops_finance'], 'auth0|eve');
    const asked = { caller, reason: 'curious' };
    expect(await refusalOf(stack.ask('buyer:reveal', input, asked))).toMatchObject({ kind: 'not_allowed' });
    const { rows } = await stack.audit.list({ actor: 'auth0|eve' }, { limit: 5 });
    expect(rows).toMatchObject([{ action: 'buyer:reveal', result: 'refused' }]);
  });

  it('is not known before the order is resolved', async () => {
    const input = { jobId: unknown.jobId, field: 'email' };
    const refusal = await refusalOf(stack.ask('buyer:reveal', input, { reason: 'ticket 7' }));
    expect(refusal).toMatchObject({ kind: 'wrong_state', code: 'buyer_unknown' });
  });
});

describe('two attempts', () => {
  const diff = (input: object) =>
    stack.ask<Record<string, unknown>>('orders:diff', {
      jobId: waiting.jobId,
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
    expect((await refusalOf(diff({ to: 7 }))).message).toContain('#1 to #3');
    expect(await refusalOf(diff({ effect: undefined, step: 'receipt' }))).toMatchObject({
      code: 'only_one_attempt',
    });
    expect(await refusalOf(diff({ effect: undefined, step: `'; drop` }))).toMatchObject({
      code: 'no_attempts',
    });
    expect(await refusalOf(diff({ step: 'a\0b' }))).toMatchObject({ kind: 'invalid_input', field: 'step' });
    expect(await refusalOf(diff({ effect: '\0' }))).toMatchObject({ kind: 'invalid_input', field: 'effect' });
    expect(await refusalOf(diff({ jobId: randomUUID() }))).toMatchObject({ code: 'unknown_job' });
  });
});

interface Found {
  orders: FoundOrder[];
  next: string | null;
  bound: { kind: string; sentence: string };
  query: string;
}

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
    const shown = await show(found.orders[0]?.receiptNumber ?? '');
    expect(shown.nextActions.map(({ operation }) => operation)).toContain('email:correct');
  });

  it('says what it does not understand, and what was probably meant', async () => {
    const misspelt = await refusalOf(search({ q: 'statsu:failed' }));
    expect(misspelt).toMatchObject({ kind: 'invalid_input', code: 'unknown_qualifier', field: 'q' });
    expect(misspelt.remedy).toContain('status:');
    const wrong = await refusalOf(search({ q: 'status:faild' }));
    expect(wrong.remedy).toContain('status:failed');
    expect((await refusalOf(search({ q: 'email:wanda.nowicka@' }))).message).not.toContain(plain.email);
    expect(await refusalOf(search({ q: 'x'.repeat(3_000) }))).toMatchObject({ code: 'too_long', field: 'q' });
    expect(await refusalOf(search({ q: 'x'.repeat(20_000) }))).toMatchObject({
      kind: 'invalid_input',
      field: 'q',
    });
    expect(await refusalOf(search({ q: '', cursor: 'bm9uZQ' }))).toMatchObject({
      code: 'bad_cursor',
      field: 'cursor',
    });
    expect(await refusalOf(search({ q: '', limit: 201 }))).toMatchObject({ field: 'limit' });
  });

  it('goes on page by page, and says where it looked and how it was understood', async () => {
    const first = await search({ q: '  STATUS:failed   created:<30d ', limit: 1 });
    expect(first.query).toBe('status:failed created:<30d');
    expect(first.bound.kind).toBe('states');
    expect(first.orders.map(({ jobId }) => jobId)).toEqual([refused.jobId]);
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
          sampleJobIds: [unknown.jobId],
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
          jobId: refused.jobId,
          orderId: refused.orderId,
          attempts: 1,
          detail: expect.stringContaining('wa•••@re•••'),
        },
      ],
      next: null,
    });
    expect(await refusalOf(stack.ask('failures:show', { fingerprint: '0123456789ab' }))).toMatchObject({
      kind: 'not_found',
    });
    expect(await refusalOf(stack.ask('failures:show', { fingerprint: "' or 1=1" }))).toMatchObject({
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
      expect.arrayContaining([done.jobId, refused.jobId, unknown.jobId]),
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
    expect(await refusalOf(take({ q: '' }, { reason: '' }))).toMatchObject({ code: 'reason_missing' });
    expect(await refusalOf(take({ q: '' }, { caller: callerOf('ops_viewer') }))).toMatchObject({
      kind: 'not_allowed',
    });
  });
});
