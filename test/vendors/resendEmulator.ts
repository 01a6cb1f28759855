import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { createEmulator } from 'emulate';
import { z } from 'zod';
import { quietPort } from '../../src/sandbox/quietPort.ts';

/** What the line between the mailer and the emulator does with the next requests. */
export type LineMood = 'passes' | 'cuts_before' | 'cuts_after' | 'hangs_after';

const emulatedMail = z.object({
  id: z.string(),
  from: z.string(),
  to: z.array(z.string()),
  subject: z.string(),
  html: z.string(),
  text: z.string(),
  reply_to: z.array(z.string()),
  headers: z.record(z.string(), z.string()),
  tags: z.array(z.object({ name: z.string(), value: z.string() })),
});
export type EmulatedMail = z.infer<typeof emulatedMail>;

export interface ResendEmulator {
  /** Where the line begins. */
  url: string;
  /** What the emulator had taken when the last request was through. */
  taken(): EmulatedMail[];
  line(mood: LineMood): void;
  /** Forgets mails and keys. */
  reset(): void;
  stop(): Promise<void>;
}

/**
 * Vercel's emulator of Resend (npm `emulate`), behind a line that can break. It is somebody else's reading of the same
 * documentation, and weaker than the real one: any key is taken and none is limited to sending; no address, domain, tag
 * or attachment is checked; attachments are neither kept nor compared under a key; a second request never meets a first
 * that is still running; there are no quotas, and its webhooks are not signed and carry no tags.
 */
export async function startResendEmulator(): Promise<ResendEmulator> {
  const port = await freePort();
  const emulator = await createEmulator({ service: 'resend', port, baseUrl: `http://127.0.0.1:${port}` });
  await listening(emulator.url);
  let mood: LineMood = 'passes';
  let mails: EmulatedMail[] = [];

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    if (mood === 'cuts_before') return void response.socket?.resetAndDestroy();
    const answer = await forward(emulator.url, request, body);
    const text = await answer.text();
    mails = await mailsAt(emulator.url);
    if (mood === 'cuts_after') return void response.socket?.resetAndDestroy();
    if (mood === 'hangs_after') return;
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  }

  const line = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((ready) => line.listen(0, '127.0.0.1', ready));
  return {
    url: `http://127.0.0.1:${(line.address() as AddressInfo).port}`,
    taken: () => mails,
    line: (next) => {
      mood = next;
    },
    reset: () => {
      mood = 'passes';
      mails = [];
      emulator.reset();
    },
    stop: async () => {
      line.closeAllConnections();
      await new Promise((closed) => line.close(closed));
      await emulator.close();
    },
  };
}

function forward(base: string, request: IncomingMessage, body: Buffer): Promise<Response> {
  const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
  const { method = 'GET', url = '/' } = request;
  return fetch(new URL(url, base), {
    method,
    headers: headers as Record<string, string>,
    ...(method === 'GET' ? {} : { body: new Uint8Array(body) }),
  });
}

/** It is handed out a moment before it listens. */
async function listening(base: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const answered = await mailsAt(base).then(
      () => true,
      () => false,
    );
    if (answered) return;
  }
  throw new Error('The emulator of Resend does not listen.');
}

async function mailsAt(base: string): Promise<EmulatedMail[]> {
  const answer = await fetch(new URL('/emails', base));
  return z.object({ data: z.array(emulatedMail) }).parse(await answer.json()).data;
}

/** The emulator takes no 0 for a port, and a taken one would end the process. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = quietPort();
    const probe = createTcpServer();
    const free = await new Promise<boolean>((told) => {
      probe.once('error', () => told(false));
      probe.listen(port, () => told(true));
    });
    if (free) await new Promise((closed) => probe.close(closed));
    if (free) return port;
  }
}
