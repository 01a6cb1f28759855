import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { roles } from '../../../src/domain/permissions.ts';
import { createEventReader, type EventReaderOptions } from '../../../src/intake/eventReader.ts';
import { createWebhookReceiver } from '../../../src/intake/receiveWebhook.ts';
import { systemClock } from '../../../src/main/systemClock.ts';
import { createListWebhooks } from '../../../src/operations/webhooks/listWebhooks.ts';
import { createReprocessWebhook } from '../../../src/operations/webhooks/reprocessWebhook.ts';
import { createShowWebhook } from '../../../src/operations/webhooks/showWebhook.ts';
import type { EventRecord } from '../../../src/ports/intakeStore.ts';
import { fulfilPlan, settlePlan } from '../../../src/steps/plans.ts';
import { createIntakeStore } from '../../../src/store/events/acceptEvent.ts';
import { listEvents } from '../../../src/store/operations/webhooks/listEvents.ts';
import { createReceivedEvents } from '../../../src/store/operations/webhooks/receivedEvents.ts';
import { purchaseEvents } from '../../builders/acceptStack.ts';
import { callerOf, type OperationsStack, startOperationsStack } from '../../builders/operationsStack.ts';
import { bytesOf, sessionObject, signatureHeader, stripeEvent } from '../../builders/stripeEvent.ts';
import { createRecordingTelemetry } from '../../fakes/recordingTelemetry.ts';

const secret = 'whsec_test';
const rules: EventReaderOptions = {
  livemode: false,
  startDate: new Date('2020-01-01T00:00:00Z'),
  plan: fulfilPlan,
  settlePlan,
  slaSeconds: 300,
  waitForSessionMs: 0,
};

let stack: OperationsStack;
let store: ReturnType<typeof createIntakeStore>;
beforeAll(async () => {
  stack = await startOperationsStack((pool) => {
    const events = createReceivedEvents(pool);
    return [
      createListWebhooks({ events, clock: systemClock }),
      createShowWebhook(events),
      createReprocessWebhook({ events, read: createEventReader(rules) }),
    ];
  });
  store = createIntakeStore(stack.poolAs('fulfillment_intake'));
});
afterAll(() => stack.stop());

/** The door, as Stripe finds it. */
async function post(content: unknown) {
  const telemetry = createRecordingTelemetry();
  const receive = createWebhookReceiver({
    ...rules,
    store,
    telemetry,
    clock: systemClock,
    secrets: [secret],
    onWork: () => undefined,
  });
  const body = bytesOf(content);
  await receive({ body, signatureHeader: signatureHeader(body, [secret], new Date()) });
  return telemetry.of('webhook.answered')[0]?.outcome;
}

/** An event that an older build could not use. */
async function keep(content: Record<string, unknown>, fields: Partial<EventRecord> = {}): Promise<void> {
  const { event } = createEventReader(rules)(bytesOf(content));
  await store.accept({ ...event, verdict: 'quarantined', reason: 'shape: status', ...fields }, null);
}

const idOf = (event: Record<string, unknown>) => event['id'] as string;
const reprocess = async (eventId: string) => {
  const { output } = await stack.ask('webhook:reprocess', { eventId });
  return output as { outcome: string; jobId: string | null; reason: string | null };
};

interface Listed {
  events: Array<{ id: string; eventId: string | null; verdict: string; order: { jobId: string } | null }>;
  next: string | null;
  lookedBackTo: string | null;
}
const list = async (input: object) => (await stack.ask('webhooks:list', input)).output as Listed;

const buyer = {
  customer_details: {
    email: 'anna@example.pl',
    name: 'Anna Kowalska',
    address: { line1: 'Jerozolimskie 100' },
  },
  customer_email: 'anna@example.pl',
  client_reference_id: 'anna@example.pl',
  metadata: { note: 'for Anna Kowalska', email: 'anna@example.pl' },
};

describe('an event that could not be used', () => {
  it('counts as a duplicate when it is sent again, and is acted on when it is reprocessed', async () => {
    const { completed, intent } = purchaseEvents();
    await keep(completed);
    expect(await post(completed)).toBe('duplicate');
    expect(await stack.rows('select from fulfillment.payments where payment_key = $1', [intent])).toEqual([]);

    const { output, auditSeq } = await stack.ask('webhook:reprocess', { eventId: idOf(completed) });
    expect(output).toMatchObject({
      outcome: 'accepted',
      reason: null,
      before: { verdict: 'quarantined', reason: 'shape: status' },
    });
    const { jobId } = output as { jobId: string };
    const job = await stack.see(jobId);
    expect(job).toMatchObject({ state: 'open', timeline: ['job.accepted'] });
    expect(job.events[0]).toMatchObject({ actor: 'staff:auth0|anna', data: { event: idOf(completed) } });
    expect(job.dispatch).not.toBeNull();
    const { rows } = await stack.audit.list({ target: { id: idOf(completed) } }, { limit: 5 });
    expect(rows).toMatchObject([
      {
        seq: auditSeq,
        before: { verdict: 'quarantined', reason: 'shape: status' },
        after: { outcome: 'accepted', jobId },
      },
    ]);
    expect(await post(completed)).toBe('duplicate');
  });

  it('makes one job however often it is reprocessed, and the job hears of it', async () => {
    const { completed } = purchaseEvents();
    await keep(completed);
    const outcomes = await Promise.all([1, 2, 3].map(() => reprocess(idOf(completed))));
    expect(outcomes.map(({ outcome }) => outcome).toSorted()).toEqual(['accepted', 'merged', 'merged']);
    expect(new Set(outcomes.map(({ jobId }) => jobId)).size).toBe(1);
    expect((await stack.see(outcomes[0]!.jobId!)).timeline).toEqual([
      'job.accepted',
      'payment.merged',
      'payment.merged',
    ]);
  });

  it('is found by our own id where it had none, and keeps its place when its id is taken', async () => {
    const { completed } = purchaseEvents();
    await keep(completed, { eventId: null, contentSha256: bytesOf(randomUUID()) });
    await keep(completed, { eventId: null, contentSha256: bytesOf(randomUUID()) });
    const nameless = (await list({ verdict: 'quarantined' })).events.filter(
      ({ eventId }) => eventId === null,
    );
    expect(nameless).toHaveLength(2);
    const [second, first] = nameless;
    expect(await reprocess(first!.id)).toMatchObject({ outcome: 'accepted' });
    expect(await reprocess(second!.id)).toMatchObject({ outcome: 'duplicate', jobId: null });
    expect((await stack.ask('webhooks:show', { eventId: idOf(completed) })).output).toMatchObject({
      id: first!.id,
      verdict: 'accepted',
    });
  });

  it('stays what it is when today’s rules say so too', async () => {
    const { completed } = purchaseEvents();
    const late = { ...completed, created: 1_000_000_000 };
    await keep(late);
    expect(await reprocess(idOf(late))).toMatchObject({ outcome: 'ignored', reason: 'before_start_date' });
    const broken = stripeEvent(sessionObject({ payment_intent: 7 }), {
      id: `evt_${randomUUID().slice(0, 8)}`,
    });
    expect(await post(broken)).toBe('quarantined');
    expect(await reprocess(idOf(broken))).toMatchObject({ outcome: 'quarantined', jobId: null });
  });

  it('of an accepted purchase is merged again, and never undone', async () => {
    const { completed } = purchaseEvents();
    expect(await post(completed)).toBe('accepted');
    expect(await reprocess(idOf(completed))).toMatchObject({ outcome: 'merged' });
    await stack.admin.query(
      `update fulfillment.stripe_events set body = convert_to('no json', 'utf8') where event_id = $1`,
      [idOf(completed)],
    );
    expect(await reprocess(idOf(completed))).toMatchObject({ outcome: 'quarantined' });
    const { output } = await stack.ask('webhooks:show', { eventId: idOf(completed) });
    expect(output).toMatchObject({ verdict: 'accepted', payload: null });
  });

  it('is refused when it is unknown, purged, or the second under its id', async () => {
    const unknown = await stack.refusalOf('webhook:reprocess', { eventId: 'evt_never_seen' });
    expect(unknown).toMatchObject({ kind: 'not_found', code: 'unknown_event' });
    const { completed, sessionWith } = purchaseEvents();
    await post(completed);
    const other = stripeEvent(sessionWith({ amount_total: 1 }), { id: idOf(completed) });
    expect(await post(other)).toBe('conflict');
    const [conflict] = (await list({ verdict: 'conflict' })).events;
    expect((await stack.refusalOf('webhook:reprocess', { eventId: conflict!.id })).code).toBe(
      'event_conflict',
    );
    expect((await stack.ask('webhooks:show', { eventId: idOf(completed) })).output).toMatchObject({
      verdict: 'accepted',
      conflicts: [{ id: conflict!.id }],
    });
    await stack.admin.query('update fulfillment.stripe_events set body = null where event_id = $1', [
      idOf(completed),
    ]);
    expect((await stack.refusalOf('webhook:reprocess', { eventId: idOf(completed) })).code).toBe(
      'event_purged',
    );
    const strange = await stack.refusalOf('webhook:reprocess', { eventId: 'pi_1' });
    expect(strange).toMatchObject({ kind: 'invalid_input', field: 'eventId' });
  });

  it('is not put in by the role of operations itself', async () => {
    await expect(
      stack.pool.query(
        `insert into fulfillment.stripe_events (event_id, content_sha256, verdict) values ('evt_x', '', 'accepted')`,
      ),
    ).rejects.toThrow('permission denied');
    await expect(
      stack.pool.query(`select fulfillment.merge_purchase(null, null, null, null, null)`),
    ).rejects.toThrow('permission denied');
    await expect(
      stack.pool.query(`select fulfillment.reprocess_event($1, '{}', '', null, 'me')`, [randomUUID()]),
    ).rejects.toThrow('There is no event');
  });
});

describe('events', () => {
  it('are listed the latest first with their order, by verdict and type, page by page', async () => {
    const { completed, succeeded } = purchaseEvents();
    await post(completed);
    await post(succeeded);
    const { events, next } = await list({ limit: 2, since: '5m' });
    expect(events.map(({ eventId }) => eventId)).toEqual([idOf(succeeded), idOf(completed)]);
    expect(events[0]).toMatchObject({
      verdict: 'accepted',
      type: 'payment_intent.succeeded',
      lagSeconds: expect.any(Number),
      order: { orderId: expect.any(String), jobState: 'open' },
    });
    expect(events[0]!.order?.jobId).toBe(events[1]!.order?.jobId);
    const older = await list({ limit: 2, since: '5m', cursor: next });
    expect(older.events.map(({ id }) => id)).not.toContain(events[1]!.id);
    const typed = await list({ type: 'payment_intent.succeeded' });
    expect(typed.events[0]).toMatchObject({ eventId: idOf(succeeded) });
    expect((await list({ since: '2026-01-01', until: '2026-01-02' })).events).toEqual([]);
  });

  it('that are rare behind many others are found page by page, each bounded', async () => {
    const rare = stripeEvent(
      { object: 'charge' },
      { id: `evt_${randomUUID().slice(0, 8)}`, type: 'charge.expired' },
    );
    await post(rare);
    for (let many = 0; many < 6; many += 1) await post(purchaseEvents().succeeded);
    const from = new Date(Date.now() - 60_000);
    const found: Array<string | null> = [];
    let after: string | null = null;
    let pages = 0;
    do {
      const filter = { from, before: null, type: 'charge.expired' };
      const page = await listEvents(
        stack.pool,
        filter,
        { limit: 5, ...(after === null ? {} : { after }) },
        4,
      );
      if (page.next !== null) expect(page.lookedBackTo).toBeInstanceOf(Date);
      found.push(...page.events.map(({ eventId }) => eventId));
      after = page.next;
      pages += 1;
    } while (after !== null);
    expect(found).toEqual([idOf(rare)]);
    expect(pages).toBeGreaterThan(2);
  });

  it('are shown without anything of the buyer, to everybody who may look', async () => {
    const { sessionWith } = purchaseEvents();
    const event = stripeEvent(sessionWith(buyer), { id: `evt_${randomUUID().slice(0, 8)}` });
    await keep(event);
    const { output } = await stack.ask('webhooks:show', { eventId: idOf(event) });
    expect(output).toMatchObject({
      bytes: 'kept',
      payload: {
        event: { id: idOf(event), type: 'checkout.session.completed', livemode: false },
        object: { payment_status: 'paid', amount_total: 4900, currency: 'pln', mode: 'payment' },
        hiddenFields: 4,
      },
    });
    const repeated = await stack.ask('webhook:reprocess', { eventId: idOf(event) });
    const kept = await stack.rows(
      `select outcome::text as text from fulfillment.ops_requests
       union all select concat(before, after, details, target_id) from fulfillment.ops_audit
       union all select data::text from fulfillment.fulfillment_job_events`,
    );
    const everything = JSON.stringify([output, await list({}), repeated.output, kept]);
    expect(everything).not.toMatch(/anna@|Kowalska|Jerozolimskie/);
    for (const role of roles)
      await expect(stack.ask('webhooks:list', {}, { caller: callerOf(role) })).resolves.toBeDefined();
  });

  it('are reprocessed by editors and administrators alone', async () => {
    const { completed } = purchaseEvents();
    await keep(completed);
    for (const role of ['ops_viewer', 'ops_finance'] as const) {
      const asked = { caller: callerOf(role, `auth0|${role}`) };
      const refusal = await stack.refusalOf('webhook:reprocess', { eventId: idOf(completed) }, asked);
      expect(refusal.kind).toBe('not_allowed');
    }
    const asked = { caller: callerOf('ops_editor') };
    const { output } = await stack.ask('webhook:reprocess', { eventId: idOf(completed) }, asked);
    expect(output).toMatchObject({ outcome: 'accepted' });
  });
});
