import { z } from 'zod';
import type {
  DeliveryEvidence,
  DeliveryKind,
  DeliveryReading,
  DeliveryReport,
  DeliveryReportReader,
} from '../../ports/deliveryEvidence.ts';
import { readWebhookSignature, webhookKeyOf } from '../webhookSignature.ts';

export interface NovuReportReaderOptions {
  /** Signing secrets of the webhook endpoint, `whsec_…`; more than one while they are exchanged. */
  secrets: readonly string[];
  /** What our Message-IDs end in: the domain of the sender's address. Novu tells us only what stands before it. */
  messageIdDomain: string;
}

/**
 * What our sending is about (docs.novu.co/platform/developer/webhooks/event-types). The pages call an event
 * `message.sent` here and `messages.sent` there.
 */
const kinds: Record<string, DeliveryKind> = {
  sent: 'accepted',
  delivered: 'delivered',
  failed: 'bounced',
};

const event = z.object({ type: z.string(), timestamp: z.string().catch(''), data: z.unknown() });
const messageData = z.object({
  object: z.object({ transactionId: z.string(), channel: z.string() }),
  /** Beside `message.sent` as well: then the e-mail provider has not taken it after all. */
  error: z.unknown().optional(),
});

/**
 * Reads Novu's webhooks. `message.sent` says that the e-mail provider behind Novu has taken the mail, `message.failed`
 * that it has not and will not: Novu calls it once. Mails of other workflows in the environment are none of ours.
 *
 * @throws TypeError when there is no secret, or one that is none
 */
export function createNovuReportReader(options: NovuReportReaderOptions): DeliveryReportReader {
  if (options.secrets.length === 0) throw new TypeError('Novu’s webhooks need a signing secret.');
  const keys = options.secrets.map((secret) => webhookKeyOf(secret, 'Novu'));

  return {
    provider: 'novu',
    read(report) {
      const signature = readWebhookSignature(report, keys);
      if (signature.kind === 'refused') return signature;
      return readEvent(report, signature, options.messageIdDomain);
    },
  };
}

function readEvent(
  report: DeliveryReport,
  { id, sentAt }: { id: string; sentAt: Date },
  messageIdDomain: string,
): DeliveryReading {
  const read = event.safeParse(jsonOf(report.body));
  if (!read.success) return { kind: 'unreadable', reason: 'not_an_event' };
  const name = /^messages?\.(\w+)$/.exec(read.data.type)?.[1] ?? '';
  const told = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (told === undefined) return { kind: 'evidence', evidence: [] };

  const data = messageData.safeParse(read.data.data);
  if (!data.success) return { kind: 'unreadable', reason: 'not_a_message_event' };
  const { object, error } = data.data;
  if (object.channel !== 'email' || !/^[0-9a-f]{40}$/.test(object.transactionId))
    return { kind: 'evidence', evidence: [] };
  const kind = error === undefined || error === null ? told : 'bounced';
  const evidence: DeliveryEvidence = {
    provider: 'novu',
    source: 'novu_webhook',
    eventId: id,
    kind,
    reference: object.transactionId,
    messageId: `<${object.transactionId}@${messageIdDomain}>`,
    at: timeOf(read.data.timestamp) ?? sentAt,
    // Why it failed is told in words alone, which may repeat an address.
    ...(kind === 'bounced' && { bounce: { permanence: 'hard', cause: 'unknown' } }),
  };
  return { kind: 'evidence', evidence: [evidence] };
}

function timeOf(text: string): Date | undefined {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
