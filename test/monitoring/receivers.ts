import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

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

/** What Alertmanager tells webhooks, version 4. */
const notification = z.looseObject({
  version: z.literal('4'),
  status: z.enum(['firing', 'resolved']),
  alerts: z.array(
    z.looseObject({ status: z.enum(['firing', 'resolved']), labels: z.record(z.string(), z.string()) }),
  ),
});
export type Notification = z.infer<typeof notification>;

export interface Receivers {
  url: string;
  port: number;
  pagerDuty: PagerDutyEvent[];
  slack: SlackMessage[];
  service: Notification[];
  /** What came and was not as it should be. */
  refused: string[];
  /** Text of `/metrics`. */
  metrics: () => string;
  close(): Promise<void>;
}

/** PagerDuty, Slack, the service's own door and an exporter of metrics, all at one port. */
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
      case '/internal/alertmanager':
        if (request.headers.authorization !== `Bearer ${token}`) throw new Error('not the token');
        seen.service.push(notification.parse(body));
        return [204, ''];
      default:
        throw new Error('nobody lives here');
    }
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return Object.assign(receivers, {
    url: `http://127.0.0.1:${port}`,
    port,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request.setEncoding('utf8')) text += String(part);
  return text;
}
