import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { buildHttpServer } from '../../test/builders/httpServer.ts';
import { Fault } from '../domain/fault.ts';
import type { CheckoutView } from '../shelf/checkout/checkoutView.ts';
import type { CheckoutRouteOptions } from './checkout.ts';

const view: CheckoutView = {
  state: 'preparing',
  books: [],
  mail: { to: 'ja•••@gm•••.com', accepted: false },
  suggestion: null,
};
const sessionId = 'cs_test_1';
const shop = 'https://shop.example';
let server: FastifyInstance | undefined;
afterEach(async () => {
  // A client that has gone may have connected anew beforehand, and says nothing on that connection.
  server?.server.closeAllConnections();
  await server?.close();
});

function serve(checkout: Partial<CheckoutRouteOptions['checkout']> = {}, clock = {}): FastifyInstance {
  server = buildHttpServer({
    allowedOrigins: [shop],
    checkout: {
      desk: {
        confirm: async (id) => (id === sessionId ? { paymentId: 'p1', view } : undefined),
        correctAddress: async (id) => (id === sessionId ? { refused: 'too_late' } : undefined),
      },
      writeToken: (paymentId) => `token-of-${paymentId}`,
      readToken: (token) => (token === 'token-of-p1' ? 'p1' : undefined),
      look: async () => view,
      listen: () => () => undefined,
      isOver: ({ state }) => state === 'ready',
      ...checkout,
    },
    ...clock,
  }).server;
  return server;
}

const confirm = (payload: unknown, on = serve(), remoteAddress = '192.0.2.1') =>
  on.inject({
    method: 'POST',
    url: '/v1/checkout/confirm',
    payload: payload as object,
    remoteAddress,
    headers: { origin: shop },
  });

describe('confirming a checkout', () => {
  it('answers how far it has come, and where to follow it', async () => {
    const answer = await confirm({ sessionId });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'access-control-allow-origin': shop,
    });
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
    const progressUrl = 'https://books.example/v1/checkout/progress?token=token-of-p1';
    expect(answer.json()).toEqual({ ...view, progressUrl });
  });

  it('answers 404 in the same words to whatever is unknown', async () => {
    const on = serve();
    const answers = await Promise.all(['cs_test_2', 'nonsense'].map((id) => confirm({ sessionId: id }, on)));
    const told = answers.map((answer) => ({ ...answer.json(), requestId: '' }));
    expect(told[0]).toEqual(told[1]);
    expect(told[0]).toMatchObject({ status: 404, code: 'not_found' });
    expect(answers[0]?.headers['content-type']).toMatch(/^application\/problem\+json/);
  });

  it.each([
    {},
    { sessionId: 7 },
    { sessionId: '' },
    { sessionId: 'x'.repeat(301) },
    { sessionId, more: 1 },
    [],
  ])('refuses %j', async (payload) => {
    expect((await confirm(payload)).json()).toMatchObject({ status: 400, field: 'sessionId' });
  });

  it('is bounded for each address', async () => {
    const on = serve();
    const codes: number[] = [];
    for (let count = 0; count < 31; count += 1) codes.push((await confirm({ sessionId }, on)).statusCode);
    expect(codes.filter((code) => code === 200)).toHaveLength(30);
    expect(codes[30]).toBe(429);
    const refused = await confirm({ sessionId }, on);
    expect(refused.headers['retry-after']).toBe('2');
    expect((await confirm({ sessionId }, on, '192.0.2.2')).statusCode).toBe(200);
  });

  it('says that it may be asked again when Stripe does not answer', async () => {
    const away = async () => {
      throw new Fault({ kind: 'transient', reason: 'stripe_timeout', message: 'x', provider: 'stripe' });
    };
    const answer = await confirm({ sessionId }, serve({ desk: { confirm: away, correctAddress: away } }));
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
  });

  it('says why an address is not corrected, and answers browsers that ask beforehand', async () => {
    const url = '/v1/checkout/correct-address';
    const answer = await serve().inject({ method: 'POST', url, payload: { sessionId } });
    expect(answer.json()).toMatchObject({ status: 409, code: 'too_late' });
    const asked = await server?.inject({ method: 'OPTIONS', url, headers: { origin: shop } });
    expect(asked?.statusCode).toBe(204);
    expect(asked?.headers).toMatchObject({
      'access-control-allow-origin': shop,
      'access-control-allow-headers': expect.stringContaining('Content-Type'),
    });
    const foreign = await server?.inject({
      method: 'OPTIONS',
      url,
      headers: { origin: 'https://evil.example' },
    });
    expect(foreign?.headers['access-control-allow-origin']).toBeUndefined();
  });
});

/** Listens for real, for a stream never ends in an injected request. */
async function open(on: FastifyInstance, accept = 'text/event-stream', token = 'token-of-p1') {
  const address = on.server.listening
    ? `http://127.0.0.1:${(on.server.address() as { port: number }).port}`
    : await on.listen({ port: 0, host: '127.0.0.1' });
  return fetch(`${address}/v1/checkout/progress?token=${token}`, { headers: { accept, origin: shop } });
}

describe('following a checkout', () => {
  it('is one answer for whoever wants JSON', async () => {
    const answer = await open(serve(), 'application/json');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.json()).toEqual(view);
  });

  it('tells the state that holds, each change once, and the end', async () => {
    let tell: (news: CheckoutView | undefined) => void = () => undefined;
    let stopped = 0;
    const on = serve({ listen: (_id, onView) => ((tell = onView), () => void (stopped += 1)) });
    const answer = await open(on);
    expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(answer.headers.get('x-accel-buffering')).toBe('no');
    expect(answer.headers.get('access-control-allow-origin')).toBe(shop);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    tell(view);
    tell({ ...view, state: 'ready' });
    tell({ ...view, state: 'ready' });
    const events = (await answer.text()).split('\n\n').filter((event) => event.startsWith('event: '));
    expect(events).toEqual([
      `event: state\ndata: ${JSON.stringify(view)}`,
      `event: state\ndata: ${JSON.stringify({ ...view, state: 'ready' })}`,
      'event: end\ndata: {"reason":"over"}',
    ]);
    await expect.poll(() => stopped).toBe(1);
  });

  it('beats while nothing happens, and ends after its time', async () => {
    const on = serve(
      { streamMaxMs: 30, heartbeatMs: 10 },
      { clock: { now: () => new Date(), elapsedMs: () => 0, sleep: (ms: number) => sleep(ms) } },
    );
    const text = await (await open(on)).text();
    expect(text.match(/^: still here$/gm)).toHaveLength(3);
    expect(text).toContain('event: end\ndata: {"reason":"limit"}');
  });

  it('stops listening when the page is closed', async () => {
    let stopped = 0;
    const on = serve({ listen: () => () => void (stopped += 1) });
    const answer = await open(on);
    await answer.body?.cancel();
    await expect.poll(() => stopped).toBe(1);
  });

  it('ends at shutdown without the event that would keep the browser from coming again', async () => {
    const on = serve();
    const answer = await open(on);
    const startedMs = performance.now();
    await on.close();
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    expect(await answer.text()).not.toContain('event: end');
  });

  it('refuses listeners when there are too many, and tokens that are not ours', async () => {
    const on = serve({ listen: () => undefined });
    const full = await open(on);
    expect([full.status, full.headers.get('retry-after')]).toEqual([503, '10']);
    const unknown = await open(on, 'text/event-stream', 'of-somebody');
    expect(unknown.status).toBe(404);
    expect(await unknown.text()).not.toContain('of-somebody');
  });
});
