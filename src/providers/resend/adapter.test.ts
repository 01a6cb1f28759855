import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { faultOf } from '../../../test/contract/faultOf.ts';
import { startFaultHttp } from '../../../test/vendors/faultHttp.ts';
import { startResendVendor } from '../../../test/vendors/resend.ts';
import type { ResendMood, ResendVendorOptions } from '../../../test/vendors/resend.ts';
import { aWholeMail } from '../../../test/vendors/resendMail.ts';
import type { OutgoingMail } from '../../ports/mailer.ts';
import { createResendMailer } from './adapter.ts';

const never = new AbortController().signal;
const hourMs = 3_600_000;

let mail: OutgoingMail;
let stop: () => Promise<void> = async () => undefined;

beforeAll(async () => {
  mail = await aWholeMail();
});
afterEach(() => stop());

async function start(options: ResendVendorOptions = {}, apiKey = 're_sending') {
  const vendor = await startResendVendor(options);
  stop = () => vendor.stop();
  const mailer = createResendMailer({ apiKey, baseUrl: vendor.url, timeoutMs: 2_000 });
  return { vendor, mailer };
}

describe('sending through Resend', () => {
  it('posts with the key against doubles, and is told the id', async () => {
    const { vendor, mailer } = await start();
    const acceptance = await mailer.send(mail, never);
    expect(acceptance).toEqual({ provider: 'resend', reference: vendor.taken[0]?.id, evidence: 'answer' });
    const [request] = vendor.requests;
    expect([request?.method, request?.path]).toEqual(['POST', '/emails']);
    expect(request?.headers).toMatchObject({
      authorization: 'Bearer re_sending',
      'content-type': 'application/json',
      'idempotency-key': '0123456789abcdef0123456789abcdef01234567',
      'user-agent': 'fulfillment-orchestrator',
    });
  });

  it('goes below the path of the configured address', async () => {
    const server = await startFaultHttp();
    stop = () => server.stop();
    server.script({ mode: 'answer', json: { id: 'x-1' } });
    await createResendMailer({ apiKey: 're_1', baseUrl: `${server.url}/resend`, timeoutMs: 2_000 }).send(
      mail,
      never,
    );
    expect(server.requests[0]?.path).toBe('/resend/emails');
  });

  it.each<ResendMood>([
    'fails_after',
    'cuts_after',
    'answers_html',
    'answers_empty_object',
    'answers_truncated',
  ])('is one mail when it was taken, Resend then %s, and the mail is repeated', async (mood) => {
    const { vendor, mailer } = await start();
    vendor.mood(mood);
    expect(await faultOf(mailer.send(mail, never))).toMatchObject({ kind: 'unknown_effect' });
    vendor.mood('well');
    const { reference } = await mailer.send(mail, never);
    expect(vendor.taken.map(({ id }) => id)).toEqual([reference]);
  });

  it.each<ResendMood>(['fails_before', 'cuts_before', 'redirects'])(
    'is one mail when Resend %s, and the mail is repeated',
    async (mood) => {
      const { vendor, mailer } = await start();
      vendor.mood(mood);
      expect(await faultOf(mailer.send(mail, never))).toMatchObject({ kind: 'unknown_effect' });
      expect(vendor.taken).toHaveLength(0);
      vendor.mood('well');
      await mailer.send(mail, never);
      expect(vendor.taken).toHaveLength(1);
    },
  );

  it('waits for a first request that is still running, and then hears of it', async () => {
    const { vendor, mailer } = await start();
    vendor.mood('keeps_running');
    const caller = new AbortController();
    const first = faultOf(mailer.send(mail, caller.signal));
    await expect.poll(() => vendor.requests.length, { interval: 5 }).toBe(1);
    caller.abort();
    expect(await first).toMatchObject({ kind: 'unknown_effect', reason: 'resend_answer_lost' });
    vendor.mood('well');
    expect(await faultOf(mailer.send(mail, never))).toMatchObject({
      kind: 'unknown_effect',
      reason: 'resend_in_progress',
    });
    vendor.finish();
    await mailer.send(mail, never);
    expect(vendor.taken).toHaveLength(1);
  });

  it('may rely on the key for as long as it says, and not for much longer', async () => {
    let nowMs = Date.parse('2026-11-22T10:00:00Z');
    const { vendor, mailer } = await start({ now: () => nowMs });
    await mailer.send(mail, never);
    nowMs += mailer.capabilities.dedupe?.windowMs ?? Number.NaN;
    await mailer.send(mail, never);
    expect(vendor.taken).toHaveLength(1);
    nowMs += 2 * hourMs;
    await mailer.send(mail, never);
    expect(vendor.taken).toHaveLength(2);
  });

  it('never calls a mail untaken whose key came with other bytes', async () => {
    const { vendor, mailer } = await start();
    await mailer.send(mail, never);
    const other = await aWholeMail({ subject: 'Another' });
    expect(await faultOf(mailer.send(other, never))).toMatchObject({
      kind: 'unknown_effect',
      reason: 'resend_key_reused',
    });
    expect(vendor.taken).toHaveLength(1);
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
      const { vendor, mailer } = await start({ rateLimit: 0, retryAfter });
      expect(await faultOf(mailer.send(mail, never))).toMatchObject({
        kind: 'rate_limited',
        reason: 'resend_rate_limited',
        retryAfterMs: waitMs,
      });
      expect(vendor.taken).toHaveLength(0);
    },
  );

  it.each<[string, Partial<OutgoingMail>, object]>([
    ['a reserved domain', { to: 'jan@example.com' }, { kind: 'permanent', reason: 'invalid_address' }],
    [
      'another sender’s domain',
      { from: 'a@other.example' },
      { kind: 'needs_human', reason: 'resend_sender_refused' },
    ],
  ])('is refused by Resend for %s', async (_what, fields, fault) => {
    const { vendor, mailer } = await start();
    const refused = await faultOf(mailer.send({ ...mail, ...fields }, never));
    expect(refused).toMatchObject(fault);
    expect(`${refused.message} ${JSON.stringify(refused)}`).not.toContain('jan@');
    expect(vendor.taken).toHaveLength(0);
  });

  it('sends nothing when it was called off before', async () => {
    const { vendor, mailer } = await start();
    expect(await faultOf(mailer.send(mail, AbortSignal.abort()))).toMatchObject({
      kind: 'transient',
      reason: 'aborted',
    });
    expect(vendor.requests).toHaveLength(0);
  });

  it('says that the quota is used up', async () => {
    const { vendor, mailer } = await start();
    vendor.mood('over_quota');
    expect(await faultOf(mailer.send(mail, never))).toMatchObject({
      kind: 'rate_limited',
      reason: 'resend_quota_exceeded',
      retryAfterMs: hourMs,
    });
  });

  it('does not know what became of a mail when no answer comes in time', async () => {
    const vendor = await startResendVendor();
    stop = () => vendor.stop();
    vendor.mood('hangs_after');
    const mailer = createResendMailer({ apiKey: 're_sending', baseUrl: vendor.url, timeoutMs: 100 });
    expect(await faultOf(mailer.send(mail, never))).toMatchObject({
      kind: 'unknown_effect',
      reason: 'resend_answer_lost',
    });
  });

  it('does not read an answer without end', async () => {
    const server = await startFaultHttp();
    stop = () => server.stop();
    server.script({ mode: 'huge', sizeBytes: 1_000_000 });
    const mailer = createResendMailer({ apiKey: 're_1', baseUrl: server.url, timeoutMs: 2_000 });
    expect(await faultOf(mailer.send(mail, never))).toMatchObject({ reason: 'resend_answer_malformed' });
  });

  it('knows that nothing was sent where nobody listens', async () => {
    const { mailer } = await start();
    await stop();
    stop = async () => undefined;
    expect(await faultOf(mailer.send(mail, never))).toMatchObject({
      kind: 'transient',
      reason: 'resend_unreachable',
    });
  });
});

describe('checking the login at Resend', () => {
  it.each(['re_full', 're_sending'])('takes the key %s and sends nothing', async (apiKey) => {
    const { vendor, mailer } = await start({}, apiKey);
    await mailer.verify(never);
    expect(vendor.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /domains']);
  });

  it('finds that a key is none', async () => {
    const { mailer } = await start({}, 're_revoked');
    expect(await faultOf(mailer.verify(never))).toMatchObject({
      kind: 'needs_human',
      reason: 'resend_credentials',
    });
  });

  it.each<[string, Parameters<Awaited<ReturnType<typeof startFaultHttp>>['script']>[0], object]>([
    ['a page', { mode: 'answer', text: '<html>' }, { kind: 'needs_human', reason: 'resend_misconfigured' }],
    ['a redirect', { mode: 'redirect', to: '/' }, { kind: 'needs_human', reason: 'resend_misconfigured' }],
    ['503', { mode: 'answer', status: 503 }, { kind: 'transient', reason: 'resend_unavailable' }],
    ['no answer', { mode: 'reset' }, { kind: 'transient', reason: 'resend_connection_lost' }],
  ])('tells what is wrong when it meets %s', async (_what, behaviour, fault) => {
    const server = await startFaultHttp();
    stop = () => server.stop();
    server.script(behaviour);
    const mailer = createResendMailer({ apiKey: 're_1', baseUrl: server.url, timeoutMs: 2_000 });
    expect(await faultOf(mailer.verify(never))).toMatchObject(fault);
  });
});

describe('the options of the mailer', () => {
  it.each([
    { apiKey: '' },
    { apiKey: 're_1\nX: y' },
    { baseUrl: 'http://api.resend.example' },
    { baseUrl: 'https://user:secret@api.resend.example' },
    { baseUrl: 'nonsense' },
  ])('cannot be %j', (fields) => {
    const create = () => createResendMailer({ apiKey: 're_1', timeoutMs: 1, ...fields });
    expect(create).toThrow(TypeError);
    expect(create).not.toThrow(/re_1|secret/);
  });

  it('say whether deliveries are heard of', () => {
    const eventsOf = (reportsDeliveries: boolean) =>
      createResendMailer({ apiKey: 're_1', timeoutMs: 1, reportsDeliveries }).capabilities.deliveryEvents;
    expect([eventsOf(true), eventsOf(false)]).toEqual(['all', 'none']);
  });
});
