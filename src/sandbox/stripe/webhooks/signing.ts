import { createHmac } from 'node:crypto';

/**
 * The `Stripe-Signature` header of a delivery: the time in Unix seconds and one `v1` HMAC-SHA256 for every active
 * secret, over `<time>.<raw body>`.
 */
export function signatureHeader(rawBody: string, secrets: readonly string[], unixSeconds: number): string {
  const signatures = secrets.map((secret) => {
    const hmac = createHmac('sha256', secret).update(`${unixSeconds}.${rawBody}`, 'utf8').digest('hex');
    return `v1=${hmac}`;
  });
  return [`t=${unixSeconds}`, ...signatures].join(',');
}
