import { createHmac } from 'node:crypto';
import type { DeliveryReport } from '../../src/ports/deliveryEvidence.ts';

export interface ResendWebhook {
  type: string;
  createdAt?: string;
  /** What `data` holds beside the fields of every mail. */
  data?: Record<string, unknown>;
}

/** The body of a webhook, as the examples in resend.com/docs/webhooks/emails show it. */
export const webhookBody = ({
  type,
  createdAt = '2026-11-22T10:00:00.000Z',
  data = {},
}: ResendWebhook): string =>
  JSON.stringify({
    type,
    created_at: createdAt,
    data: {
      created_at: '2026-11-22T09:59:58.894719+00:00',
      email_id: '56761188-7520-42d8-8898-ff6fc54ce618',
      from: 'Lektura <receipts@shop.example>',
      to: ['jan@example.pl'],
      subject: 'Your receipt',
      ...data,
    },
  });

export interface SvixEnvelope {
  secrets: readonly string[];
  id?: string;
  sentAt: Date;
  receivedAt?: Date;
}

/** A report signed as Svix signs it for Resend (docs.svix.com/receiving/verifying-payloads/how-manual). */
export function signedReport(body: string, envelope: SvixEnvelope): DeliveryReport {
  const { secrets, id = 'msg_1', sentAt, receivedAt = sentAt } = envelope;
  const timestamp = String(Math.floor(sentAt.getTime() / 1_000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return {
    headers: { 'svix-id': id, 'svix-timestamp': timestamp, 'svix-signature': signatures.join(' ') },
    body: Buffer.from(body),
    receivedAt,
  };
}
