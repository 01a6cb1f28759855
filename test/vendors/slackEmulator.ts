import { createServer } from 'node:net';
import { createEmulator } from 'emulate';
import { quietPort } from '../../src/sandbox/quietPort.ts';

/** Vercel's emulator of Slack (npm `emulate`): somebody else's reading of the same documentation. */
export async function startSlackEmulator() {
  const port = await freePort();
  const emulator = await createEmulator({ service: 'slack', port, baseUrl: `http://127.0.0.1:${port}` });
  const api = async (method: string, body: object): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${emulator.url}/api/${method}`, {
      method: 'POST',
      headers: { authorization: 'Bearer xoxb-test-token', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (await answer.json()) as Record<string, unknown>;
  };
  return { url: `${emulator.url}/api/`, base: emulator.url, api, stop: () => emulator.close() };
}

async function freePort(): Promise<number> {
  for (;;) {
    const port = quietPort();
    const probe = createServer();
    const free = await new Promise<boolean>((told) => {
      probe.once('error', () => told(false));
      probe.listen(port, () => told(true));
    });
    if (free) await new Promise((closed) => probe.close(closed));
    if (free) return port;
  }
}
