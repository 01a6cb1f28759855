import { createHmac } from 'node:crypto';

/**
 * The Message-ID of a logical mail, the same on every attempt and for every provider, so that a mail can be looked up
 * and a double be recognised. The key keeps outsiders from guessing ids from order numbers.
 *
 * @param logicalKey names the mail, for example `receipt:7K3M-Q9XT-4BVD`
 * @returns with angle brackets, as it stands in the header (RFC 5322 §3.6.4)
 * @throws RangeError when the domain is no plain domain name or the key is short
 */
export function messageIdFor(
  logicalKey: string,
  { key, domain }: { key: Uint8Array; domain: string },
): string {
  if (!/^(?=.{1,253}$)([a-z0-9-]{1,63}\.)*[a-z0-9-]{1,63}$/i.test(domain)) {
    throw new RangeError('The domain of a Message-ID must be a plain domain name.');
  }
  if (key.length < 16) throw new RangeError('The key of Message-IDs must have at least 16 bytes.');
  const hash = createHmac('sha256', key).update(logicalKey, 'utf8').digest('hex').slice(0, 40);
  return `<${hash}@${domain}>`;
}
