import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { faultOf } from '../../../test/contract/faultOf.ts';
import type { HttpBehaviour } from '../../../test/vendors/faultHttp.ts';
import type { NovuMood, NovuVendorOptions } from '../../../test/vendors/novu.ts';
import {
  aMail,
  createNovuTrials,
  hash,
  optionsFor,
  vendorClock,
} from '../../../test/vendors/novuUnderTest.ts';
import type { OutgoingMail } from '../../ports/mailer.ts';
import { createNovuMailer } from './adapter.ts';

const never = new AbortController().signal;
const hourMs = 3_600_000;
const email = { type: 'email', active: true };
const trials = createNovuTrials();
let mail: OutgoingMail;

beforeAll(async () => {
  mail = await aMail();
});
afterEach(() => trials.stop());

describe('sending through Novu', () => {
  it('triggers the workflow with transaction and key, and has its word for it', async () => {
    const { vendor, mailer } = await trials.start();
    const acceptance = await mailer.send(mail, never);
    expect(acceptance).toEqual({ provider: 'novu', reference: hash, evidence: 'answer' });
    expect(vendor.runs()).toMatchObject([{ transactionId: hash, to: { email: 'jan@example.pl' } }]);
    const [request] = vendor.requests;
    expect([request?.method, request?.path]).toEqual(['POST', '/v1/events/trigger']);
    expect(request?.headers).toMatchObject({
      authorization: 'ApiKey secret',
      'content-type': 'application/json',
      'idempotency-key': expect.stringMatching(new RegExp(`^${hash}-[0-9a-f]{16}$`)),
    });
  });

  it('goes below the path of the configured address', async () => {
    const { server } = await trials.against({ mode: 'answer', status: 503 });
    await faultOf(createNovuMailer(optionsFor(`${server.url}/novu`)).send(mail, never));
    expect(server.requests[0]?.path).toBe('/novu/v1/events/trigger');
  });

  it.each<[NovuMood, boolean]>([
    ['fails_after', true],
    ['fails_after', false],
    ['cuts_after', true],
    ['cuts_after', false],
    ['answers_html', true],
    ['answers_empty_object', true],
    ['answers_truncated', true],
    ['names_another_transaction', true],
    ['names_another_transaction', false],
  ])('is one run when Novu %s and the mail is repeated; with keys: %s', async (mood, idempotency) => {
    const { vendor, mailer } = await trials.start({ idempotency });
    vendor.mood(mood);
    expect(await faultOf(mailer.send(mail, never))).toMatchObject({
      kind: 'unknown_effect',
      provider: 'novu',
    });
    vendor.mood('well');
    expect(await mailer.send(mail, never)).toMatchObject({ reference: hash });
    expect(vendor.runs()).toHaveLength(1);
  });

  it.each<[NovuMood, boolean]>([
    ['fails_before', true],
    ['fails_before', false],
    ['cuts_before', true],
    ['redirects', true],
  ])(
    'is one run when Novu %s without taking it and the mail is repeated; with keys: %s',
    async (mood, idempotency) => {
      const { vendor, mailer } = await trials.start({ idempotency });
      vendor.mood(mood);
      expect(await faultOf(mailer.send(mail, never))).toMatchObject({ kind: 'unknown_effect' });
      expect(vendor.runs()).toHaveLength(0);
      vendor.mood('well');
      await mailer.send(mail, never);
      expect(vendor.runs()).toHaveLength(1);
    },
  );

  it('takes a known transaction for a mail that was taken earlier', async () => {
    const { vendor, mailer } = await trials.start({ idempotency: false, checksTransactionsInApi: true });
    vendor.mood('cuts_after');
    await faultOf(mailer.send(mail, never));
    vendor.mood('well');
    expect(await mailer.send(mail, never)).toMatchObject({ reference: hash, evidence: 'answer' });
    expect(vendor.runs()).toHaveLength(1);
  });

  it('needs the pause before a repeat that it asks for, where keys are off', async () => {
    const time = vendorClock();
    const { vendor, mailer } = await trials.start({
      idempotency: false,
      blindMs: 10_000,
      queueLagMs: 5_000,
      now: time.now,
    });
    await mailer.send(mail, never);
    time.pass(mailer.capabilities.dedupe?.repeatAfterMs ?? Number.NaN);
    await mailer.send(mail, never);
    time.pass(hourMs);
    expect(vendor.runs()).toHaveLength(1);
    // What the stand-in does with a hasty one shows that the pause is what counts.
    const other = { ...mail, messageId: `<${hash.replace('0', 'f')}@shop.example>` };
    await Promise.all([mailer.send(other, never), mailer.send(other, never)]);
    time.pass(hourMs);
    expect(vendor.runs()).toHaveLength(3);
  });

  it.each([true, false])(
    'may rely on Novu for as long as it says, and not for much longer; with keys: %s',
    async (idempotency) => {
      const time = vendorClock();
      const { vendor, mailer } = await trials.start({ idempotency, now: time.now });
      await mailer.send(mail, never);
      time.pass(mailer.capabilities.dedupe?.windowMs ?? Number.NaN);
      await mailer.send(mail, never);
      expect(vendor.runs()).toHaveLength(1);
      time.pass(2 * hourMs);
      await mailer.send(mail, never);
      expect(vendor.runs()).toHaveLength(2);
    },
  );

  it('waits for a first request that is still running, and then hears of it', async () => {
    const { vendor, mailer } = await trials.start();
    vendor.mood('keeps_running');
    const caller = new AbortController();
    const first = faultOf(mailer.send(mail, caller.signal));
    await expect.poll(() => vendor.requests.length, { interval: 5 }).toBe(1);
    caller.abort();
    expect(await first).toMatchObject({ kind: 'unknown_effect', reason: 'novu_answer_lost' });
    vendor.mood('well');
    expect(await faultOf(mailer.send(mail, never))).toMatchObject({
      kind: 'unknown_effect',
      reason: 'novu_in_progress',
      retryAfterMs: 1_000,
    });
    vendor.finish();
    await mailer.send(mail, never);
    expect(vendor.runs()).toHaveLength(1);
  });

  it.each<[string, NovuVendorOptions['workflows'], object]>([
    ['does not exist', {}, { kind: 'needs_human', reason: 'novu_misconfigured' }],
    [
      'is not active',
      { mail: { active: false, steps: [email] } },
      { kind: 'needs_human', reason: 'novu_misconfigured' },
    ],
    [
      'has no step',
      { mail: { active: true, steps: [] } },
      { kind: 'needs_human', reason: 'novu_misconfigured' },
    ],
    [
      'has no active step',
      { mail: { active: true, steps: [{ ...email, active: false }] } },
      { kind: 'needs_human', reason: 'novu_misconfigured' },
    ],
  ])(
    'goes on once somebody has mended a workflow that %s, though Novu keeps its first answer',
    async (_what, workflows, fault) => {
      const { vendor, mailer } = await trials.start({ workflows });
      expect(await faultOf(mailer.send(mail, never))).toMatchObject(fault);
      expect(await faultOf(mailer.send(mail, never))).toMatchObject(fault);
      vendor.workflows['mail'] = { active: true, steps: [email] };
      await mailer.send(mail, never);
      expect(vendor.runs()).toHaveLength(1);
    },
  );

  it('is refused when Novu finds the recipient invalid', async () => {
    const { vendor, mailer } = await trials.start();
    vendor.mood('finds_recipients_invalid');
    expect(await faultOf(mailer.send(mail, never))).toMatchObject({
      kind: 'permanent',
      reason: 'mailbox_refused',
    });
    vendor.mood('well');
    const fault = await faultOf(mailer.send({ ...mail, to: 'jan@localhost' }, never));
    expect(fault).toMatchObject({ kind: 'permanent', reason: 'mailbox_refused' });
    expect(`${fault.message} ${JSON.stringify(fault)}`).not.toContain('jan@');
    expect(vendor.runs()).toHaveLength(0);
  });

  it.each<[string, string | null, number]>([
    ['seconds', '7', 7_000],
    ['nothing', null, 1_000],
    ['ten years', String(10 * 365 * 86_400), hourMs],
    ['nonsense', 'soon', 1_000],
    ['a date long past', 'Wed, 21 Oct 2015 07:28:00 GMT', 0],
    ['a date far ahead', 'Wed, 21 Oct 2099 07:28:00 GMT', hourMs],
  ])(
    'waits as asked when the rate is exceeded, with Retry-After as %s',
    async (_form, retryAfter, waitMs) => {
      const { vendor, mailer } = await trials.start({ rateLimit: 0, retryAfter });
      expect(await faultOf(mailer.send(mail, never))).toMatchObject({
        kind: 'rate_limited',
        reason: 'novu_rate_limited',
        retryAfterMs: waitMs,
      });
      expect(vendor.runs()).toHaveLength(0);
    },
  );

  it('does not know what became of a mail when no answer comes in time', async () => {
    const { vendor, mailer } = await trials.start({}, { timeoutMs: 100 });
    vendor.mood('hangs_after');
    expect(await faultOf(mailer.send(mail, never))).toMatchObject({
      kind: 'unknown_effect',
      reason: 'novu_answer_lost',
    });
  });

  it('keeps to its deadline when it has to ask twice', async () => {
    const replay: HttpBehaviour = {
      mode: 'answer',
      status: 500,
      headers: { 'idempotency-replay': 'true' },
    };
    const { server } = await trials.against(replay, { mode: 'hang' });
    const mailer = createNovuMailer({ ...optionsFor(server.url), timeoutMs: 150 });
    const startedMs = performance.now();
    expect(await faultOf(mailer.send(mail, never))).toMatchObject({ reason: 'novu_answer_lost' });
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    expect(server.requests.map(({ headers }) => 'idempotency-key' in headers)).toEqual([true, false]);
  });

  it('does not read an answer without end', async () => {
    const { mailer } = await trials.against({ mode: 'huge', sizeBytes: 1_000_000 });
    expect(await faultOf(mailer.send(mail, never))).toMatchObject({ reason: 'novu_answer_malformed' });
  });

  it('knows that nothing was sent where nobody listens', async () => {
    const { mailer } = await trials.start();
    await trials.stop();
    expect(await faultOf(mailer.send(mail, never))).toMatchObject({
      kind: 'transient',
      reason: 'novu_unreachable',
    });
  });
});
