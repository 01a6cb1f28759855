import { createHmac, timingSafeEqual } from 'node:crypto';
import type { DeliveryReport } from '../ports/deliveryEvidence.ts';

export type WebhookReading =
  { kind: 'signed'; id: string; sentAt: Date } | { kind: 'refused'; reason: string };

/** How far the sender's clock and ours may lie apart, with the time on the way; what Svix's own library allows. */
const toleranceMs = 5 * 60_000;
const keyBytesMin = 16;
const signaturesMax = 10;

/** The names of Standard Webhooks, and Svix's own. */
const prefixes = ['webhook', 'svix'] as const;

/**
 * @param vendor whose webhooks it signs, for the message
 * @throws TypeError when it is no signing secret; the message does not repeat it
 */
export function webhookKeyOf(secret: string, vendor: string): Buffer {
  const base64 = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
  const key = Buffer.from(base64 ?? '', 'base64');
  if (key.length < keyBytesMin)
    throw new TypeError(
      `A signing secret of ${vendor}’s webhooks is whsec_ and at least 16 bytes in base64.`,
    );
  return key;
}

/**
 * Whether a report was signed with one of the keys, a little while ago at most (docs.svix.com, "Verifying webhooks
 * manually", which Resend and Novu send through; the same as Standard Webhooks): HMAC-SHA256 over
 * `<id>.<timestamp>.<raw body>`. Several keys and several signatures are for the time in which a secret is exchanged.
 */
export function readWebhookSignature(report: DeliveryReport, keys: readonly Uint8Array[]): WebhookReading {
  const prefix = prefixes.find((name) => report.headers[`${name}-signature`] !== undefined) ?? 'webhook';
  const header = (name: string) => {
    const value = report.headers[`${prefix}-${name}`];
    return typeof value === 'string' ? value : '';
  };
  const [id, timestamp, signatures] = [header('id'), header('timestamp'), header('signature')];
  if (!/^[\x21-\x7e]{1,200}$/.test(id) || !/^\d{1,11}$/.test(timestamp) || signatures === '')
    return { kind: 'refused', reason: 'signature_missing' };

  const sentAt = new Date(Number(timestamp) * 1_000);
  if (Math.abs(report.receivedAt.getTime() - sentAt.getTime()) > toleranceMs)
    return { kind: 'refused', reason: 'signature_expired' };

  const given = signatures
    .split(' ')
    .slice(0, signaturesMax)
    .flatMap((one) => (one.startsWith('v1,') ? [Buffer.from(one.slice(3), 'base64')] : []));
  const sound = keys.some((key) => {
    const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(report.body).digest();
    return given.some((one) => one.length === expected.length && timingSafeEqual(one, expected));
  });
  return sound ? { kind: 'signed', id, sentAt } : { kind: 'refused', reason: 'signature_mismatch' };
}
