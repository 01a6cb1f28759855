import { createHmac } from 'node:crypto';

/** What Standard Webhooks asks of a secret. */
export const keyBytesRecommended = { min: 24, max: 64 } as const;
const keyBytesMin = 16;

/**
 * The key in a signing secret of Standard Webhooks: `whsec_` and base64.
 *
 * @throws TypeError when it is none; the message does not repeat it
 */
export function shopKeyOf(secret: string): Uint8Array {
  const base64 = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
  const key = Buffer.from(base64 ?? '', 'base64');
  if (key.length < keyBytesMin)
    throw new TypeError('A signing secret of the shop’s webhook is whsec_ and at least 16 bytes in base64.');
  return key;
}

export interface SignedParts {
  id: string;
  /** Of this attempt, so that a receiver may refuse what is old. */
  sentAt: Date;
  body: string;
}

/**
 * The headers of Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over `<id>.<seconds>.<body>`, once with each key,
 * with a space between: while a secret is exchanged, the receiver finds the one it knows.
 */
export function signedHeaders({ id, sentAt, body }: SignedParts, keys: readonly Uint8Array[]) {
  const timestamp = String(Math.floor(sentAt.getTime() / 1_000));
  const signatures = keys.map(
    (key) => `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
  );
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}
