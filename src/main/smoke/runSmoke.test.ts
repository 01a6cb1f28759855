import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startFaultHttp, type FaultHttp, type HttpBehaviour } from '../../../test/vendors/faultHttp.ts';
import { composeMail } from '../../mail/compose.ts';
import { runSmoke } from './runSmoke.ts';
import type { SmokeTarget } from './target.ts';

let http: FaultHttp;
beforeAll(async () => {
  http = await startFaultHttp();
});
afterAll(() => http.stop());
beforeEach(() => http.reset());

const token = 'A'.repeat(44);
const json = (body: unknown): HttpBehaviour => ({ mode: 'answer', json: body });
const counters = (count: number) =>
  [
    'webhooks_total{outcome="accepted"}',
    'sla_jobs_total{result="met"}',
    'latency_seconds_count{outcome="completed"}',
  ]
    .map((name) => `fulfillment_${name} ${count}`)
    .join('\n');
const item = {
  id: 'e1',
  title: 'T',
  status: 'active',
  orderId: 'AAAA-BBBB-CCCC',
  formats: [{ format: 'pdf', status: 'ready' }],
};

/** A shop in which everything has happened as soon as it was paid, apart from what is changed. */
function shop(
  changes: { target?: Partial<SmokeTarget>; answers?: Record<string, HttpBehaviour> } = {},
): SmokeTarget {
  let paid = false;
  http.otherwise(({ path }) => {
    const answers: Record<string, HttpBehaviour> = {
      [`/r/${token}`]: { mode: 'answer', text: '<p>Payment reference pi_1</p>' },
      '/metrics': { mode: 'answer', text: counters(paid ? 5 : 4) },
      '/v1/shelf': json({ items: paid ? [item] : [] }),
      [`/d/${token}`]: { mode: 'redirect', to: '/files/book.pdf?signature=s' },
      '/files/book.pdf': { mode: 'answer', text: '%PDF-1.7 book' },
      ...(paid ? changes.answers : {}),
    };
    return answers[path] ?? { mode: 'answer', status: 404 };
  });
  return {
    kind: 'deployed',
    apiUrl: http.url,
    metricsUrls: [`${http.url}/metrics`],
    mailbox: { place: 'the inbox', read: async () => [await receipt()] },
    accessToken: async () => 'bearer',
    pay: async () => {
      paid = true;
      return { paymentKey: 'pi_1' };
    },
    readTimeline: null,
    pollMs: 5,
    lookAt: { webhooks: 'the deliveries', log: 'the log' },
    close: async () => undefined,
    ...changes.target,
  };
}

const receipt = () =>
  composeMail({
    messageId: '<a@books.example>',
    date: new Date(),
    from: { name: 'Books', address: 'receipts@books.example' },
    to: 'ann@books.example',
    subject: 'Your ebook',
    text: `Order: AAAA-BBBB-CCCC\nReceipt: R-2026/000007\n${http.url}/r/${token}\n${http.url}/d/${token}`,
    html: '<p>x</p>',
    attachments: [
      { fileName: 'r.pdf', contentType: 'application/pdf', bytes: Buffer.from('%PDF-1.7 R-2026/000007') },
    ],
    language: 'en',
  });

async function run(target: SmokeTarget, slaSeconds = 1) {
  const told: string[] = [];
  const results = await runSmoke(target, { slaSeconds, onResult: ({ check }) => told.push(check) });
  return { told, results, states: Object.fromEntries(results.map(({ check, state }) => [check, state])) };
}

describe('the smoke test', () => {
  it('passes with evidence for every promise, told in order', async () => {
    const { told, results } = await run(shop(), 5);
    expect(results.filter(({ state }) => state !== 'ok')).toEqual([]);
    expect(told).toEqual([
      'accepted',
      'job completed',
      'receipt mail',
      'download links',
      'shelf',
      'metrics',
      'within the SLA',
    ]);
    expect(results.map(({ evidence }) => evidence)).toEqual([
      'fulfillment_webhooks_total{outcome="accepted"} 4 → 5',
      'fulfillment_sla_jobs_total{result="met"} 4 → 5',
      '“Your ebook”, R-2026/000007, r.pdf of 22 bytes with that number',
      expect.stringMatching(/^PDF 13 bytes sha256 [0-9a-f]{8}…$/),
      '“T” (pdf)',
      'fulfillment_latency_seconds_count{outcome="completed"} 4 → 5',
      'everything within 5 s',
    ]);
  });

  it('does not take the receipt of another payment for this one', async () => {
    const other = { [`/r/${token}`]: { mode: 'answer', text: '<p>Payment reference pi_2</p>' } as const };
    const { results } = await run(shop({ answers: other }));
    expect(results.find(({ check }) => check === 'receipt mail')).toMatchObject({
      state: 'failed',
      evidence: expect.stringContaining('of another payment') as unknown,
    });
  });

  it('fails at the payment when Stripe refuses it', async () => {
    const pay = () => Promise.reject(new Error('No such price.'));
    const { results } = await run(shop({ target: { pay } }));
    expect(results).toMatchObject([{ check: 'payment', state: 'failed', evidence: 'No such price.' }]);
  });

  it('sends the token to the shelf alone', async () => {
    await run(shop(), 5);
    const withToken = http.requests
      .filter(({ headers }) => headers.authorization !== undefined)
      .map(({ path }) => path);
    expect(new Set(withToken)).toEqual(new Set(['/v1/shelf']));
  });

  it('takes the timeline for evidence where it can be read', async () => {
    const readTimeline = async () => ({ state: 'completed', events: ['job.accepted', 'job.completed'] });
    const { results } = await run(shop({ target: { readTimeline } }), 5);
    expect(results[1]).toMatchObject({ state: 'ok', evidence: '2 events, the last job.completed' });
  });

  it('does not wait for a job that has failed', async () => {
    const readTimeline = async () => ({ state: 'failed', events: ['job.accepted', 'step.failed email'] });
    const { results } = await run(shop({ target: { readTimeline } }), 30);
    expect(results[1]).toMatchObject({
      state: 'failed',
      evidence: 'the job is failed, its last event step.failed email',
      lookAt: 'the log',
    });
    expect(results.at(-1)).toMatchObject({ check: 'within the SLA', state: 'failed' });
  });

  it.each<[string, string, Parameters<typeof shop>[0], string]>([
    [
      'the mail does not come',
      'receipt mail',
      { target: { mailbox: { place: 'the inbox', read: async () => [] } } },
      'no mail to the buyer',
    ],
    [
      'a link shows a page',
      'download links',
      { answers: { [`/d/${token}`]: { mode: 'answer', status: 202, text: 'preparing' } } },
      'answers with a page of status 202',
    ],
    [
      'a file is something else',
      'download links',
      { answers: { '/files/book.pdf': { mode: 'answer', text: '<html>' } } },
      'neither PDF nor EPUB',
    ],
    [
      'the shelf is empty',
      'shelf',
      { answers: { '/v1/shelf': json({ items: [] }) } },
      'nothing new is on the shelf',
    ],
    [
      'metrics stand still',
      'metrics',
      { answers: { '/metrics': { mode: 'answer', text: counters(4) } } },
      '4 → 4: it has not grown',
    ],
  ])('fails with what was seen and where to look when %s', async (_when, check, changes, seen) => {
    const { results, states } = await run(shop(changes));
    expect(states).toMatchObject({ [check]: 'failed', 'within the SLA': 'failed' });
    const failed = results.find((result) => result.check === check);
    expect(failed?.evidence).toContain(seen);
    expect(failed?.lookAt).toBeTruthy();
  });

  it('says that the shelf was left out', async () => {
    const { states } = await run(shop({ target: { accessToken: async () => null } }), 25);
    expect(states).toMatchObject({ shelf: 'skipped', 'within the SLA': 'ok' });
    expect(http.requests.some(({ path }) => path === '/v1/shelf')).toBe(false);
  });

  it('pays nothing when the service cannot be read', async () => {
    let paid = false;
    const pay = async () => {
      paid = true;
      return { paymentKey: 'pi_1' };
    };
    const target = shop({ target: { pay, metricsUrls: [`${http.url}/nothing`] } });
    await expect(run(target)).rejects.toThrow(/answers 404/);
    expect(paid).toBe(false);
  });
});
