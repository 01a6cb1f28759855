import { createHmac } from 'node:crypto';
import type { DeliveryReport } from '../../src/ports/deliveryEvidence.ts';

export interface NovuWebhook {
  type: string;
  timestamp?: string;
  /** Fields of the message that differ from those of every mail. */
  object?: Record<string, unknown>;
  error?: unknown;
}

/**
 * The body of a webhook: the envelope and the message as Novu's source has them (github.com/novuhq/novu,
 * libs/application-generic/src/webhooks), since the pages show no example.
 */
export const novuWebhookBody = ({
  type,
  timestamp = '2026-11-22T10:00:00.000Z',
  object = {},
  error,
}: NovuWebhook): string =>
  JSON.stringify({
    id: 'evt_6561',
    type,
    object: 'message',
    data: {
      object: {
        _id: '6561f0c8a1',
        _notificationId: '6561f0c8a2',
        subscriberId: 'a1b2',
        templateIdentifier: 'mail',
        workflowId: 'mail',
        transactionId: '0123456789abcdef0123456789abcdef01234567',
        channel: 'email',
        providerId: 'nodemailer',
        status: 'sent',
        ...object,
      },
      ...(error === undefined ? {} : { error }),
    },
    timestamp,
    environmentId: 'production',
  });

export interface NovuEnvelope {
  secrets: readonly string[];
  id?: string;
  /** Novu's own pages show `webhook`, Svix's `svix`. */
  prefix?: 'webhook' | 'svix';
  sentAt: Date;
  receivedAt?: Date;
}

/** A report signed as the pages of Novu and Svix describe (docs.novu.co/platform/developer/webhooks). */
export function signedNovuReport(body: string, envelope: NovuEnvelope): DeliveryReport {
  const { secrets, id = 'msg_1', prefix = 'webhook', sentAt, receivedAt = sentAt } = envelope;
  const timestamp = String(Math.floor(sentAt.getTime() / 1_000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return {
    headers: {
      [`${prefix}-id`]: id,
      [`${prefix}-timestamp`]: timestamp,
      [`${prefix}-signature`]: signatures.join(' '),
    },
    body: Buffer.from(body),
    receivedAt,
  };
}
