import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, sessionObject, signatureHeader, stripeEvent } from '../../test/builders/stripeEvent.ts';
import { createFixedClock } from '../../test/fakes/fixedClock.ts';
import { createRecordingTelemetry } from '../../test/fakes/recordingTelemetry.ts';
import type { Accepted, EventRecord, PurchaseNews, SettlementNews } from '../ports/intakeStore.ts';
import { createWebhookReceiver, type ReceiveWebhookOptions } from './receiveWebhook.ts';

const now = new Date('2026-11-22T10:00:00Z');
const secret = 'whsec_1';

function receiver(
  options: Partial<ReceiveWebhookOptions> = {},
  accepted: Accepted = { outcome: 'accepted', jobId: 'job-1' },
) {
  const stored: Array<{ event: EventRecord; purchase: PurchaseNews | SettlementNews | null }> = [];
  const telemetry = createRecordingTelemetry();
  let woken = 0;
  const receive = createWebhookReceiver({
    store: {
      accept: async (event, purchase) => {
        stored.push({ event, purchase });
        return accepted;
      },
      isUnavailable: () => true,
    },
    clock: createFixedClock(now),
    telemetry,
    secrets: [secret],
    livemode: false,
    startDate: new Date('2026-01-01T00:00:00Z'),
    plan: { name: 'fulfil', version: 1, steps: [] },
    settlePlan: { name: 'settle', version: 1, steps: [] },
    slaSeconds: 300,
    waitForSessionMs: 10_000,
    onWork: () => void (woken += 1),
    ...options,
  });
  const post = (content: unknown) => {
    const body = Buffer.isBuffer(content) ? content : bytesOf(content);
    return receive({ body, signatureHeader: signatureHeader(body, [secret], now) });
  };
  return { receive, post, stored, telemetry, woken: () => woken };
}

describe('the webhook', () => {
  it('stores a purchase with everything its job needs, then answers 200 and wakes the worker', async () => {
    const { post, stored, woken, telemetry } = receiver();
    const body = bytesOf(stripeEvent());
    expect(await post(body)).toEqual({ status: 200, body: { received: true } });
    expect(stored).toHaveLength(1);
    expect(stored[0]?.event).toMatchObject({
      eventId: 'evt_1',
      type: 'checkout.session.completed',
      livemode: false,
      occurredAt: new Date(1_795_000_000_000),
      verdict: 'accepted',
      reason: null,
      door: 'webhook',
      body,
    });
    expect(stored[0]?.purchase).toMatchObject({
      paymentKey: 'pi_1',
      checkoutSessionId: 'cs_test_1',
      paid: true,
      orderId: expect.stringMatching(/^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/),
      slaSeconds: 300,
      waitForSessionMs: 10_000,
    });
    expect(woken()).toBe(1);
    expect(telemetry.of('job.accepted')).toEqual([
      { name: 'job.accepted', jobId: 'job-1', eventId: 'evt_1', door: 'webhook' },
    ]);
    expect(telemetry.of('webhook.answered')).toMatchObject([{ outcome: 'accepted', eventId: 'evt_1' }]);
  });

  it('says of a merge that it made no new job, and still wakes the worker', async () => {
    const { post, telemetry, woken } = receiver({}, { outcome: 'merged', jobId: 'job-1' });
    await post(stripeEvent());
    expect(telemetry.of('job.accepted')).toEqual([]);
    expect(woken()).toBe(1);
  });

  it('answers 400 without detail to a wrong signature, and stores nothing', async () => {
    const { receive, stored, telemetry } = receiver();
    const body = bytesOf(stripeEvent());
    const answer = await receive({ body, signatureHeader: signatureHeader(body, ['whsec_other'], now) });
    expect(answer).toEqual({ status: 400, body: { error: 'invalid' } });
    expect(stored).toEqual([]);
    expect(telemetry.events).toEqual([
      { name: 'webhook.answered', outcome: 'refused', type: null, eventId: null, durationMs: 0 },
    ]);
  });

  describe('when nothing can be stored', () => {
    const failing = (unavailable: boolean) =>
      receiver({
        store: {
          accept: () => Promise.reject(Object.assign(new Error('secret host'), { code: 'X1' })),
          isUnavailable: () => unavailable,
        },
      });

    it.each([true, false])(
      'answers 503 with Retry-After, and tells no message (database away: %s)',
      async (away) => {
        const { post, telemetry, woken } = failing(away);
        expect(await post(stripeEvent())).toEqual({
          status: 503,
          body: { error: 'unavailable' },
          retryAfterSeconds: 30,
        });
        expect(woken()).toBe(0);
        expect(telemetry.of('webhook.answered')).toMatchObject([
          { outcome: 'unavailable', eventId: 'evt_1' },
        ]);
        expect(JSON.stringify(telemetry.events)).not.toContain('secret host');
      },
    );

    it('tells a database that is away from a mistake of ours', async () => {
      const [away, mistaken] = [failing(true), failing(false)];
      for (const { post } of [away, mistaken]) await post(stripeEvent());
      expect(away.telemetry.of('database.unavailable')).toMatchObject([
        { during: 'accept', error: 'Error X1' },
      ]);
      expect(away.telemetry.of('unexpected.error')).toEqual([]);
      expect(mistaken.telemetry.of('unexpected.error')).toMatchObject([
        { during: 'accept', error: 'Error X1' },
      ]);
      expect(mistaken.telemetry.of('database.unavailable')).toEqual([]);
    });
  });

  it('keeps a sale from before the start date and does not act on it', async () => {
    const { post, stored } = receiver({ startDate: new Date(1_795_000_000_000) });
    await post(stripeEvent(undefined, { created: 1_794_999_999 }));
    await post(stripeEvent(undefined, { created: 1_795_000_000 }));
    expect(stored.map(({ event, purchase }) => [event.verdict, event.reason, purchase === null])).toEqual([
      ['ignored', 'before_start_date', true],
      ['accepted', null, false],
    ]);
  });

  it('recognises a redelivery whose envelope has changed, and tells other content apart', async () => {
    const { post, stored } = receiver();
    await post(stripeEvent(undefined, { pending_webhooks: 2 }));
    await post(stripeEvent(undefined, { pending_webhooks: 0, request: { id: 'req_1' } }));
    await post(stripeEvent(sessionObject({ amount_total: 1 })));
    const [first, again, other] = stored.map(({ event }) => Buffer.from(event.contentSha256).toString('hex'));
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  it('recognises a redelivery of quarantined content too', async () => {
    const { post, stored } = receiver();
    for (const pending of [2, 1])
      await post(stripeEvent(sessionObject(), { created: 'absurd', pending_webhooks: pending }));
    expect(stored.map(({ event }) => event.verdict)).toEqual(['quarantined', 'quarantined']);
    expect(stored[1]?.event.contentSha256).toEqual(stored[0]?.event.contentSha256);
  });

  it('hands the store only what Postgres can store, whatever was signed', async () => {
    const { post, stored } = receiver();
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.constantFrom('\u0000', '\ud800', 'evt_1'),
    );
    const field = fc.constantFrom(
      'id',
      'type',
      'api_version',
      'object',
      'livemode',
      'created',
      'data',
      'account',
    );
    const event = fc.dictionary(field, fc.oneof(text, fc.jsonValue({ maxDepth: 2 })), { maxKeys: 4 });
    await fc.assert(
      fc.asyncProperty(event, async (changes) => {
        const answer = await post({ ...stripeEvent(), ...changes });
        const { event: kept } = stored.at(-1) as (typeof stored)[number];
        const texts = JSON.stringify({ ...kept, body: null, contentSha256: null });
        expect(answer.status).toBe(200);
        expect(texts).not.toMatch(/\\u0000|\\ud[89a-f]/i);
      }),
      { numRuns: 300 },
    );
  });
});
