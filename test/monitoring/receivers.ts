import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { buildHttpServer } from '../builders/httpServer.ts';

/** An event as PagerDuty's Events API v2 takes it. */
const pagerDutyEvent = z.looseObject({
  routing_key: z.string().length(32),
  event_action: z.enum(['trigger', 'acknowledge', 'resolve']),
  dedup_key: z.string().min(1).max(255),
  payload: z
    .looseObject({
      summary: z.string().min(1).max(1024),
      source: z.string().min(1),
      severity: z.enum(['critical', 'error', 'warning', 'info']),
    })
    .optional(),
});
export type PagerDutyEvent = z.infer<typeof pagerDutyEvent>;

/** A message as Slack's incoming webhooks take it. */
const slackMessage = z.looseObject({
  attachments: z.array(z.looseObject({ color: z.string(), title: z.string(), text: z.string() })).min(1),
});
export type SlackMessage = z.infer<typeof slackMessage>;

/** What the service understood of a notification. */
export interface Told {
  alerts: ReadonlyArray<{ rule: string; firing: boolean }>;
  watchdog: boolean;
}

export interface Receivers {
  url: string;
  port: number;
  /** Where the service listens. */
  serviceUrl: string;
  pagerDuty: PagerDutyEvent[];
  slack: SlackMessage[];
  service: Told[];
  /** What came and was not as it should be. */
  refused: string[];
  /** Text of `/metrics`. */
  metrics: () => string;
  close(): Promise<void>;
}

/** PagerDuty, Slack and an exporter of metrics at one port, and the service itself at another. */
export async function openReceivers({
  token,
  routingKey,
}: {
  token: string;
  routingKey: string;
}): Promise<Receivers> {
  const seen: Pick<Receivers, 'pagerDuty' | 'slack' | 'service' | 'refused'> = {
    pagerDuty: [],
    slack: [],
    service: [],
    refused: [],
  };
  const receivers = { ...seen, metrics: () => '' };
  const server = createServer((request, response) => void answer(request, response));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/metrics') return void response.end(receivers.metrics());
    try {
      const [status, text] = take(request, JSON.parse(await bodyOf(request)));
      response.writeHead(status, { 'content-type': 'application/json' }).end(text);
    } catch (error) {
      seen.refused.push(`${request.url}: ${String(error)}`);
      response.writeHead(400).end('{"status":"invalid event"}');
    }
  }

  function take(request: IncomingMessage, body: unknown): [status: number, text: string] {
    switch (request.url) {
      case '/v2/enqueue': {
        const event = pagerDutyEvent.parse(body);
        if (event.routing_key !== routingKey) throw new Error('unknown routing key');
        seen.pagerDuty.push(event);
        return [202, JSON.stringify({ status: 'success', dedup_key: event.dedup_key })];
      }
      case '/slack':
        seen.slack.push(slackMessage.parse(body));
        return [200, 'ok'];
      default:
        throw new Error('nobody lives here');
    }
  }

  const service = buildHttpServer({
    alertmanager: {
      token,
      confirmations: { confirm: async (alerts, watchdog) => void seen.service.push({ alerts, watchdog }) },
    },
  }).server;
  service.addHook('onResponse', async (request, reply) => {
    if (reply.statusCode !== 204) seen.refused.push(`${request.url}: ${reply.statusCode}`);
  });
  const serviceUrl = await service.listen({ host: '127.0.0.1', port: 0 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return Object.assign(receivers, {
    url: `http://127.0.0.1:${port}`,
    port,
    serviceUrl,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      service.server.closeAllConnections();
      await service.close();
    },
  });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request.setEncoding('utf8')) text += String(part);
  return text;
}
