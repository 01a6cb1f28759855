import { createServer, type AddressInfo, type Server } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { buildConfig } from '../../../test/builders/config.ts';
import { startFaultHttp } from '../../../test/vendors/faultHttp.ts';
import { shopWebhookCheck } from './shopWebhook.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const examine = (url: string, signal = AbortSignal.timeout(5_000)) =>
  shopWebhookCheck.run({
    config: buildConfig({ SHOP_WEBHOOK_URL: url, SHOP_WEBHOOK_SECRETS: secret }),
    migratorUrl: null,
    signal,
  });

const open: Array<Pick<Server, 'close'>> = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
  vi.restoreAllMocks();
});

async function listening(server: Server): Promise<number> {
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  open.push(server);
  return (server.address() as AddressInfo).port;
}

describe('the endpoint of the shop', () => {
  it('that is there is fine, and is sent nothing', async () => {
    const http = await startFaultHttp();
    const [finding] = await examine(`${http.url}/told`);
    expect(finding).toMatchObject({ state: 'ok', detail: expect.stringContaining(`${http.url} is there`) });
    expect(http.requests).toEqual([]);
    await http.stop();
  });

  it('whose name nobody knows is told as that, without its path', async () => {
    // A name that is kept for this end: no server of names knows it (RFC 6761).
    const [finding] = await examine('https://shop.invalid/told');
    expect(finding).toEqual({
      check: 'shop webhook',
      state: 'warning',
      detail: 'https://shop.invalid: its name cannot be resolved',
      remedy: 'Check SHOP_WEBHOOK_URL. Messages wait for days, and no order waits for them.',
    });
  });

  it('whose certificate nobody has signed is told as that', async () => {
    // Its own key and certificate are in its package, made for nobody; it warns of them.
    vi.spyOn(console, 'warn').mockReturnValue();
    const real = new SMTPServer({ secure: true });
    real.on('error', () => undefined);
    const port = await listening(real.server);
    const [finding] = await examine(`https://localhost:${port}/told`);
    expect(finding).toMatchObject({
      state: 'warning',
      detail: expect.stringMatching(/^https:\/\/localhost:\d+: its certificate is not accepted \([A-Z_]+\)$/),
    });
  });

  it('that speaks no TLS, or at which nobody listens, is told as giving no answer', async () => {
    const silent = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const port = await listening(silent);
    expect((await examine(`https://127.0.0.1:${port}/`))[0]).toMatchObject({
      state: 'warning',
      detail: expect.stringContaining('no answer'),
    });
    silent.close();
    expect((await examine(`https://127.0.0.1:${port}/`))[0]).toMatchObject({
      state: 'warning',
      detail: `https://127.0.0.1:${port}: no answer (unreachable)`,
    });
  });

  it('that says nothing is given up with the whole examination', async () => {
    const port = await listening(createServer());
    const [finding] = await examine(`https://127.0.0.1:${port}/`, AbortSignal.timeout(50));
    expect(finding).toMatchObject({ state: 'warning', detail: expect.stringContaining('no answer') });
  });
});
