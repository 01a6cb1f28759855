import { createServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFaultHttp, type FaultHttp, type HttpBehaviour } from '../../../test/vendors/faultHttp.ts';
import { startShopReceiver } from '../../../test/vendors/shopReceiver.ts';
import { createShopWebhook } from './adapter.ts';

const never = new AbortController().signal;
const secretOf = (byte: number) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`;
const message = {
  id: 'msg_1',
  body: '{"type":"order.fulfilled","timestamp":"2026-11-22T10:00:00Z","data":{}}',
};
const webhookAt = (url: string, secrets = [secretOf(1)], timeoutMs = 5_000) =>
  createShopWebhook({ url, secrets, timeoutMs, userAgent: 'Shop/1', now: () => new Date() });

describe('a message to the shop', () => {
  it('is believed by a receiver that knows the old secret, the new one or both', async () => {
    for (const known of [1, 2]) {
      const receiver = await startShopReceiver(secretOf(known));
      const answer = await webhookAt(receiver.url, [secretOf(2), secretOf(1)]).send(message, never);
      expect(answer).toEqual({ status: 204 });
      expect(receiver.told).toMatchObject([{ id: 'msg_1', body: message.body }]);
      await receiver.stop();
    }
  });

  it('is not believed by one that knows another', async () => {
    const receiver = await startShopReceiver(secretOf(3));
    await expect(webhookAt(receiver.url).send(message, never)).rejects.toMatchObject({
      kind: 'transient',
      reason: 'shop_refused',
    });
    expect(receiver.told).toEqual([]);
    await receiver.stop();
  });
});

describe('an endpoint of the shop that misbehaves', () => {
  let server: FaultHttp;
  beforeEach(async () => {
    server = await startFaultHttp();
  });
  afterEach(() => server.stop());

  it.each<[HttpBehaviour, object]>([
    [
      { mode: 'answer', status: 410 },
      { kind: 'permanent', reason: 'shop_gone' },
    ],
    [
      { mode: 'answer', status: 404 },
      { kind: 'transient', reason: 'shop_refused' },
    ],
    [
      { mode: 'answer', status: 429, headers: { 'retry-after': '7' } },
      { kind: 'rate_limited', retryAfterMs: 7_000 },
    ],
    [
      { mode: 'answer', status: 503, headers: { 'retry-after': '7' } },
      { kind: 'transient', reason: 'shop_unavailable', retryAfterMs: 7_000 },
    ],
    [{ mode: 'reset' }, { kind: 'unknown_effect', reason: 'shop_answer_lost' }],
    [{ mode: 'garbage' }, { kind: 'unknown_effect' }],
    [
      { mode: 'redirect', to: 'http://169.254.169.254/latest' },
      { kind: 'transient', reason: 'shop_redirects' },
    ],
    [
      { mode: 'huge', sizeBytes: 100_000 },
      { kind: 'transient', reason: 'shop_answer_too_large' },
    ],
  ])('is asked once, and %o is %o', async (behaviour, expected) => {
    server.script(behaviour);
    const sent = webhookAt(server.url).send(message, never);
    await expect(sent).rejects.toMatchObject({ name: 'Fault', provider: 'shop', ...expected });
    expect(server.requests).toHaveLength(1);
  });

  it('is left after the deadline, when it has taken the message and only begins to answer', async () => {
    server.script({ mode: 'stall' });
    await expect(webhookAt(server.url, undefined, 80).send(message, never)).rejects.toMatchObject({
      kind: 'unknown_effect',
      reason: 'shop_answer_lost',
    });
  });

  it('is told nothing when its TLS is none', async () => {
    const tls = createServer({});
    await new Promise<void>((ready) => tls.listen(0, '127.0.0.1', ready));
    const { port } = tls.address() as AddressInfo;
    await expect(webhookAt(`https://127.0.0.1:${port}/`).send(message, never)).rejects.toMatchObject({
      kind: 'transient',
      reason: 'shop_unreachable',
    });
    tls.close();
  });
});

it.each(['whsec_c2hvcnQ=', 'plain-words', `${secretOf(1)}!`])(
  'the secret %s is refused, and not repeated',
  (secret) => {
    const make = () => webhookAt('https://shop.example/', [secret]);
    expect(make).toThrow('A signing secret of the shop’s webhook is whsec_ and at least 16 bytes in base64.');
  },
);

it.each(['http://shop.example/', 'https://user:word@shop.example/', 'nowhere'])(
  'the address %s is refused',
  (url) => expect(() => webhookAt(url)).toThrow(TypeError),
);
