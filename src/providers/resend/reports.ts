import { z } from 'zod';
import type {
  Bounce,
  DeliveryEvidence,
  DeliveryKind,
  DeliveryReading,
  DeliveryReport,
  DeliveryReportReader,
} from '../../ports/deliveryEvidence.ts';
import { bounceOf } from './bounces.ts';
import { mailTag } from './request.ts';
import { readWebhookSignature, webhookKeyOf } from '../webhookSignature.ts';

export interface ResendReportReaderOptions {
  /** Signing secrets of the webhook endpoint, `whsec_…`; more than one while they are exchanged. */
  secrets: readonly string[];
  /** What our Message-IDs end in: the domain of the sender's address. Resend tells us only what stands before it. */
  messageIdDomain: string;
}

/** What our sending is about (resend.com/docs/dashboard/webhooks/event-types); other events say nothing of a mail. */
const kinds: Record<string, DeliveryKind> = {
  'email.sent': 'accepted',
  'email.delivered': 'delivered',
  'email.delivery_delayed': 'delayed',
  'email.bounced': 'bounced',
  'email.suppressed': 'bounced',
  'email.failed': 'bounced',
  'email.complained': 'complained',
};

const event = z.object({ type: z.string(), created_at: z.string().catch(''), data: z.unknown() });

const mailData = z.object({
  email_id: z.string().regex(/^[\w-]{1,200}$/),
  // An object by the examples, a list of pairs by the text beside them.
  tags: z
    .union([
      z.record(z.string(), z.unknown()),
      z
        .array(z.object({ name: z.string(), value: z.unknown() }))
        .transform((pairs) => Object.fromEntries(pairs.map(({ name, value }) => [name, value]))),
    ])
    .catch({}),
});

const bounced = z.object({
  bounce: z
    .object({
      type: z.string().catch(''),
      subType: z.string().catch(''),
      diagnosticCode: z.array(z.string()).catch([]),
    })
    .catch({ type: '', subType: '', diagnosticCode: [] }),
});
const failed = z.object({
  failed: z.object({ reason: z.string().catch('') }).catch({ reason: '' }),
});

/**
 * Reads Resend's webhooks. A mail is named by Resend's id and, from the tag it was sent with, by its Message-ID, which
 * is how a mail is recognised whose answer was lost.
 *
 * @throws TypeError when there is no secret, or one that is none
 */
export function createResendReportReader(options: ResendReportReaderOptions): DeliveryReportReader {
  if (options.secrets.length === 0) throw new TypeError('Resend’s webhooks need a signing secret.');
  const keys = options.secrets.map((secret) => webhookKeyOf(secret, 'Resend'));

  return {
    provider: 'resend',
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
  const { type, created_at: createdAt } = read.data;
  const kind = Object.hasOwn(kinds, type) ? kinds[type] : undefined;
  if (kind === undefined) return { kind: 'evidence', evidence: [] };

  const data = mailData.safeParse(read.data.data);
  if (!data.success) return { kind: 'unreadable', reason: 'not_a_mail_event' };
  const messageId = messageIdOf(data.data.tags[mailTag], messageIdDomain);
  const evidence: DeliveryEvidence = {
    provider: 'resend',
    source: 'resend_webhook',
    eventId: id,
    kind,
    reference: data.data.email_id,
    ...(messageId !== undefined && { messageId }),
    at: timeOf(createdAt) ?? sentAt,
    ...(kind === 'bounced' && { bounce: bounceIn(type, read.data.data) }),
  };
  return { kind: 'evidence', evidence: [evidence] };
}

function bounceIn(type: string, data: unknown): Bounce {
  if (type === 'email.suppressed') return bounceOf({ event: 'suppressed' });
  if (type === 'email.failed') {
    return bounceOf({ event: 'failed', reason: failed.safeParse(data).data?.failed.reason ?? '' });
  }
  const told = bounced.safeParse(data).data?.bounce;
  return bounceOf({
    event: 'bounced',
    type: told?.type ?? '',
    subType: told?.subType ?? '',
    diagnosticCodes: told?.diagnosticCode ?? [],
  });
}

/** Tags of mails that were sent by somebody else at the same account are none of ours, whatever they hold. */
function messageIdOf(tag: unknown, domain: string): string | undefined {
  return typeof tag === 'string' && /^[0-9a-f]{40}$/.test(tag) ? `<${tag}@${domain}>` : undefined;
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
