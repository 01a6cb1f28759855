import { createHmac, timingSafeEqual } from 'node:crypto';

export type SignatureVerdict = { genuine: true } | { genuine: false; reason: string };

/** Both ways: Stripe's own SDK bounds only the past, so a stolen future timestamp would stay valid. */
const toleranceSeconds = 300;
const signaturesMax = 16;
const headerMax = 2_048;

/**
 * Checks a `Stripe-Signature` header against the raw bytes. Every active secret is tried, so that old and new are
 * both accepted while a secret is being rolled. Scheme: docs.stripe.com/webhooks (HMAC-SHA256 over `t.body`).
 */
export function verifyStripeSignature(
  body: Uint8Array,
  header: string | string[] | undefined,
  secrets: readonly string[],
  now: Date,
): SignatureVerdict {
  if (typeof header !== 'string') return { genuine: false, reason: 'header_missing_or_repeated' };
  if (header.length > headerMax) return { genuine: false, reason: 'header_too_long' };
  const parts = header.split(',').map((part) => part.trim());
  const valuesOf = (name: string) =>
    parts.flatMap((part) => (part.startsWith(name) ? [part.slice(name.length)] : []));
  const timestamps = valuesOf('t=');
  const signatures = valuesOf('v1=');
  const [timestamp] = timestamps;
  if (timestamps.length !== 1 || !timestamp || !/^\d{10}$/.test(timestamp))
    return { genuine: false, reason: 'timestamp_malformed' };
  if (signatures.length === 0 || signatures.length > signaturesMax)
    return { genuine: false, reason: 'signature_missing' };
  if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > toleranceSeconds) {
    return { genuine: false, reason: 'timestamp_out_of_tolerance' };
  }
  const given = signatures
    .filter((text) => /^[0-9a-f]{64}$/.test(text))
    .map((text) => Buffer.from(text, 'hex'));
  // No early exit: which secret matched must not show in the time it took.
  let genuine = false;
  for (const secret of secrets) {
    const expected = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest();
    for (const signature of given) genuine = timingSafeEqual(signature, expected) || genuine;
  }
  return genuine ? { genuine: true } : { genuine: false, reason: 'signature_wrong' };
}
