import { z } from 'zod';
import { Fault } from '../../domain/fault.ts';
import type { AlertNotice, AlertSender } from '../../ports/alertDelivery.ts';
import { alertFault } from '../alertFault.ts';
import { callJson } from '../jsonCall.ts';
import { createOutboundFetch, type Fetch, parseSecureUrl } from '../outbound.ts';

export interface SlackOptions {
  /** An incoming webhook: each change is a message of its own. Or a bot, whose message is changed when the alert ends. */
  by: { webhookUrl: string } | { botToken: string; channel: string; apiUrl: string };
  timeoutMs?: number;
  fetch?: Fetch;
}

const answerBytesMax = 64 * 1024;
const posted = z.union([
  z.object({ ok: z.literal(true), channel: z.string(), ts: z.string() }),
  z.object({ ok: z.literal(false), error: z.string() }),
]);

/** Alerts as messages in a channel of Slack. */
export function createSlack(options: SlackOptions): AlertSender {
  const { by } = options;
  return 'webhookUrl' in by ? byWebhook(by.webhookUrl, options) : byBot(by, options);
}

function byWebhook(webhookUrl: string, { timeoutMs = 10_000, fetch }: SlackOptions): AlertSender {
  const url = parseSecureUrl(webhookUrl, 'webhookUrl');
  const send = createOutboundFetch({ answerBytesMax, origins: [url.origin], fetch });
  return {
    channel: 'slack',
    async send(notice, signal) {
      const answer = await callJson(send, {
        url,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(messageOf(notice)),
        timeoutMs,
        // It answers "ok", which is no JSON.
        shape: z.unknown(),
        signal,
      });
      if (answer.kind !== 'ok') throw alertFault('slack', answer);
      return null;
    },
  };
}

function byBot(
  { botToken, channel, apiUrl }: { botToken: string; channel: string; apiUrl: string },
  { timeoutMs = 10_000, fetch }: SlackOptions,
): AlertSender {
  const base = parseSecureUrl(apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/`, 'apiUrl');
  const send = createOutboundFetch({ answerBytesMax, origins: [base.origin], fetch });

  async function call(method: 'chat.postMessage' | 'chat.update', body: object, signal: AbortSignal) {
    const answer = await callJson(send, {
      url: new URL(method, base),
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', authorization: `Bearer ${botToken}` },
      body: JSON.stringify(body),
      timeoutMs,
      shape: posted,
      signal,
    });
    if (answer.kind !== 'ok') throw alertFault('slack', answer);
    return answer.body;
  }

  return {
    channel: 'slack',
    async send(notice, signal) {
      const message = { ...messageOf(notice), unfurl_links: false };
      const [known, ts] = notice.reference?.split('/') ?? [];
      if (known !== undefined && ts !== undefined) {
        const changed = await call('chat.update', { channel: known, ts, ...message }, signal);
        if (changed.ok) return notice.reference;
        // Somebody has removed it, or may no longer change it: told anew.
        if (!lostMessages.has(changed.error)) throw slackFault(changed.error);
      }
      const made = await call('chat.postMessage', { channel, ...message }, signal);
      if (!made.ok) throw slackFault(made.error);
      return `${made.channel}/${made.ts}`;
    },
  };
}

const lostMessages = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed']);

/** Slack refuses with 200 and a word. */
function slackFault(error: string): Fault {
  const word = /^[a-z_]{1,40}$/.test(error) ? error : 'unknown';
  const passes = ['ratelimited', 'internal_error', 'fatal_error', 'service_unavailable'].includes(word);
  return new Fault({
    kind: passes ? 'transient' : 'needs_human',
    reason: `slack_${word}`,
    message: `Slack refused the message: ${word}.`,
    provider: 'slack',
  });
}

const heads: Record<AlertNotice['kind'], string> = {
  opened: 'Alert',
  acknowledged: 'Somebody is looking into it',
  resolved: 'Over',
  daily_test: 'Daily test',
  test: 'Test',
};
const signs = { page: ':rotating_light:', ticket: ':warning:', info: ':white_check_mark:' } as const;
const colours = { page: '#d32f2f', ticket: '#f9a825', info: '#2e7d32' } as const;

/** Text for whoever reads it on a lock screen, and an attachment with the links. */
function messageOf({ kind, rule, severity, summary, links }: AlertNotice) {
  const isOver = kind === 'resolved' || severity === 'info';
  const sign = isOver ? ':white_check_mark:' : kind === 'acknowledged' ? ':eyes:' : signs[severity];
  const linked = links.map(({ href, text }) => `<${href}|${escaped(text)}>`).join(' · ');
  return {
    text: `${sign} *${heads[kind]}* ${escaped(summary)}`,
    attachments: [
      {
        color: isOver ? colours.info : colours[severity],
        text: linked || escaped(rule),
        footer: rule,
        mrkdwn_in: ['text'],
      },
    ],
  };
}

/** What Slack reads as its own signs (api.slack.com/reference/surfaces/formatting#escaping). */
const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
