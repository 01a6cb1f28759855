import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signedHeaders, shopKeyOf } from '../providers/shop/signature.ts';
import { startShopReceiver } from '../../test/vendors/shopReceiver.ts';
import { judgeShopSecrets } from './checks/shopWebhook.ts';
import { outgoingOf } from './wireOutgoing.ts';
import { shopWebhookDuties } from './shopWebhookDuties.ts';

const secret = `whsec_${Buffer.alloc(32, 6).toString('base64')}`;
const older = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const signal = new AbortController().signal;

describe('a test of the shop’s webhook', () => {
  let receiver: Awaited<ReturnType<typeof startShopReceiver>>;
  beforeEach(async () => {
    receiver = await startShopReceiver(secret);
  });
  afterEach(() => receiver.stop());

  it('sends one signed message and tells the answer', async () => {
    const duties = shopWebhookDuties(() => ({
      shopWebhook: { url: receiver.url, secrets: [older, secret] },
    }));
    const { id, ...told } = await duties.test(signal);
    expect(told).toEqual({ url: receiver.url, status: 204, secrets: 2 });
    expect(receiver.told).toMatchObject([{ id, type: 'webhook.test', data: { version: 1 } }]);
  });

  it('says when it is not believed, and names no secret', async () => {
    const duties = shopWebhookDuties(() => ({ shopWebhook: { url: receiver.url, secrets: [older] } }));
    const error: unknown = await duties.test(signal).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ reason: 'shop_refused', message: 'The shop’s endpoint answered 401.' });
  });

  it('says what to set where there is no endpoint', async () => {
    const duties = shopWebhookDuties(() => ({ shopWebhook: null }));
    await expect(duties.test(signal)).rejects.toMatchObject({
      exitCode: 2,
      details: [expect.stringContaining('SHOP_WEBHOOK_URL and SHOP_WEBHOOK_SECRETS')],
    });
  });
});

describe('the receiver in docs/shop-webhook.md', () => {
  type Verify = (headers: Record<string, string>, body: string, secret: string) => unknown;
  async function documented(): Promise<Verify> {
    const page = readFileSync(new URL('../../docs/shop-webhook.md', import.meta.url), 'utf8');
    const code = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    const module = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as { verify: Verify };
    return module.verify;
  }
  const body = '{"type":"webhook.test"}';
  const signed = (sentAt = new Date()) =>
    signedHeaders({ id: 'msg_1', sentAt, body }, [shopKeyOf(secret), shopKeyOf(older)]);

  it('believes what we sign, with either secret', async () => {
    const verify = await documented();
    for (const known of [secret, older]) expect(verify(signed(), body, known)).toEqual(JSON.parse(body));
  });

  it('refuses another body, another secret, and what is old', async () => {
    const verify = await documented();
    expect(() => verify(signed(), `${body} `, secret)).toThrow('not signed by us');
    const foreign = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
    expect(() => verify(signed(), body, foreign)).toThrow('not signed by us');
    expect(() => verify(signed(new Date(Date.now() - 3_600_000)), body, secret)).toThrow('too old');
    expect(() => verify({}, body, secret)).toThrow('no headers');
  });
});

it('secrets are told by fingerprints, and short ones are warned of', () => {
  const short = `whsec_${Buffer.alloc(16, 9).toString('base64')}`;
  expect(judgeShopSecrets([secret]).map(({ state }) => state)).toEqual(['ok']);
  const findings = judgeShopSecrets([secret, short]);
  expect(findings.map(({ state }) => state)).toEqual(['note', 'warning']);
  expect(JSON.stringify(findings)).not.toContain(short.slice(6, 20));
});

it.each([
  ['live', true, true],
  ['live', false, false],
  ['shadow', true, false],
] as const)('in mode %s, with an endpoint: %s, the shop is told: %s', (mode, configured, told) => {
  const shopWebhook = configured ? { url: 'https://shop.example/', secrets: [secret] } : null;
  const settings = outgoingOf({ mode, shopWebhook, plausible: null, posthog: null, startDate: new Date(0) });
  expect(settings.find(({ plan }) => plan.name === 'tell_shop')?.enabled).toBe(told);
});
