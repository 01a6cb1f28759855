import { createHash, randomUUID } from 'node:crypto';
import Fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type MailBody, addressIn, mailBody, mimeOf } from './mail.ts';
import { type WebhookSender, type WebhookTarget, createWebhookSender } from './webhookSender.ts';

export type ResendStandInOptions = {
  /** On 127.0.0.1; 0 asks for a free one. */
  port: number;
  /** The one key that is taken. */
  apiKey: string;
  /** Puts a mail into the sandbox's inbox and resolves when it is kept. */
  deliver(mail: { mailFrom: string; recipients: string[]; raw: Buffer }): Promise<unknown>;
  /** Where deliveries and bounces are told; null for nowhere. */
  webhook: WebhookTarget | null;
  /** After how long a mail is told delivered or bounced. Default 300 ms. */
  deliveryMs?: number;
};

const faultBody = z.strictObject({
  mode: z.enum(['none', 'down', 'lose_answer']),
  remaining: z.int().min(0).optional(),
});
/** For how many calls (default: until changed) all fail and nothing is taken, or the answer is lost after taking. */
export type ResendFault = z.infer<typeof faultBody>;

export type ResendStandIn = {
  port: number;
  url: string;
  /** `PUT /sandbox/faults` does the same. */
  setFault(fault: ResendFault): void;
  stop(): Promise<void>;
};

type ApiOptions = ResendStandInOptions & { takeFault(): ResendFault['mode']; webhooks: WebhookSender };
type Remembered = { payload: string; atMs: number; id: string | null };

const keyLifetimeMs = 24 * 3_600_000;
const bodyBytesMax = 40 * 1024 * 1024;

/**
 * A stand-in for Resend's API (resend.com/docs/api-reference) that delivers into the sandbox's inbox and tells of it by
 * signed webhooks. Mail to `bounce@…` comes back instead. Its keys against doubles live as long as its process.
 */
export async function startResendStandIn(options: ResendStandInOptions): Promise<ResendStandIn> {
  const webhooks = createWebhookSender(options.webhook);
  let fault: ResendFault = { mode: 'none' };
  const setFault = (next: ResendFault) => {
    fault = next.remaining === 0 ? { mode: 'none' } : next;
  };
  const takeFault = () => {
    const { mode, remaining } = fault;
    if (remaining !== undefined) setFault({ mode, remaining: remaining - 1 });
    return mode;
  };
  const app = Fastify({ logger: false, forceCloseConnections: true, bodyLimit: bodyBytesMax });
  app.get('/sandbox/faults', () => fault);
  app.put('/sandbox/faults', (request, reply) => {
    const next = faultBody.safeParse(request.body);
    if (!next.success) return fail(reply, 400, 'validation_error');
    setFault(next.data);
    return fault;
  });
  await app.register(async (api) => addApi(api, { ...options, takeFault, webhooks }));
  const url = await app.listen({ port: options.port, host: '127.0.0.1' });
  const stop = async () => {
    webhooks.stop();
    await app.close();
  };
  return { port: Number(new URL(url).port), url, setFault, stop };
}

function addApi(api: FastifyInstance, options: ApiOptions): void {
  const remembered = new Map<string, Remembered>();
  api.addHook('onRequest', async (request, reply) => {
    const [, key] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
    if (!key) return fail(reply, 401, 'missing_api_key');
    if (key !== options.apiKey) return fail(reply, 403, 'invalid_api_key');
  });
  api.get('/domains', (_request, reply) =>
    options.takeFault() === 'down' ? fail(reply, 503, 'internal_server_error') : { object: 'list', data: [] },
  );
  api.post('/emails', async (request, reply) => {
    const fault = options.takeFault();
    if (fault === 'down') return fail(reply, 503, 'internal_server_error');
    const mail = mailBody.safeParse(request.body);
    if (!mail.success) return fail(reply, 422, 'validation_error');
    const entry = remember(remembered, request);
    if (typeof entry === 'string') return fail(reply, 409, entry);
    entry.id ??= await take(mail.data, options).catch((error: unknown) => {
      // Not taken, so the key is free again.
      entry.atMs = 0;
      throw error;
    });
    if (fault !== 'lose_answer') return { id: entry.id };
    request.raw.socket.resetAndDestroy();
    return reply.hijack();
  });
}

/** What is known of the request's key: a new entry, the finished one of before, or why it cannot be used. */
function remember(remembered: Map<string, Remembered>, request: FastifyRequest): Remembered | string {
  const payload = createHash('sha256').update(JSON.stringify(request.body)).digest('hex');
  const key = request.headers['idempotency-key'];
  const before = typeof key === 'string' ? remembered.get(key) : undefined;
  if (before && Date.now() - before.atMs < keyLifetimeMs) {
    if (before.payload !== payload) return 'invalid_idempotent_request';
    return before.id === null ? 'concurrent_idempotent_requests' : before;
  }
  const entry: Remembered = { payload, atMs: Date.now(), id: null };
  if (typeof key === 'string') remembered.set(key, entry);
  return entry;
}

async function take(mail: MailBody, { deliver, deliveryMs = 300, webhooks }: ApiOptions): Promise<string> {
  const id = randomUUID();
  const { from, subject } = mail;
  const to = mail.to.map(addressIn);
  const comesBack = to.every((address) => /^bounce[+@]/i.test(address));
  if (!comesBack) await deliver({ mailFrom: addressIn(from), recipients: to, raw: await mimeOf(mail) });
  const created_at = new Date().toISOString();
  const tags = Object.fromEntries(mail.tags.map(({ name, value }) => [name, value]));
  const data = { email_id: id, created_at, from, to, subject, tags };
  webhooks.send({ type: 'email.sent', created_at, data }, 0);
  webhooks.send(
    comesBack
      ? { type: 'email.bounced', created_at, data: { ...data, bounce } }
      : { type: 'email.delivered', created_at, data },
    deliveryMs,
  );
  return id;
}

const bounce = {
  type: 'Permanent',
  subType: 'General',
  message: 'The recipient’s email provider sent a hard bounce message.',
  diagnosticCode: ['smtp; 550 5.1.1 No such mailbox here'],
};

const fail = (reply: FastifyReply, statusCode: number, name: string): FastifyReply =>
  reply.code(statusCode).send({ statusCode, name, message: 'See resend.com/docs/api-reference/errors.' });
