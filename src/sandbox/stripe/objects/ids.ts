import { createHash, randomBytes } from 'node:crypto';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Random characters after the prefix, as long as Stripe's own ids of that kind. */
const forms = {
  cs: { prefix: 'cs_test_a1', randomChars: 56 },
  pi: { prefix: 'pi_3', randomChars: 23 },
  ch: { prefix: 'ch_3', randomChars: 23 },
  /** A charge of anything but a card. */
  py: { prefix: 'py_3', randomChars: 23 },
  re: { prefix: 're_3', randomChars: 23 },
  /** A refund of anything but a card. */
  pyr: { prefix: 'pyr_1', randomChars: 23 },
  du: { prefix: 'du_1', randomChars: 23 },
  we: { prefix: 'we_1', randomChars: 23 },
  whsec: { prefix: 'whsec_', randomChars: 32 },
  mandate: { prefix: 'mandate_1', randomChars: 23 },
  coupon: { prefix: '', randomChars: 8 },
  txn: { prefix: 'txn_3', randomChars: 23 },
  evt: { prefix: 'evt_1', randomChars: 23 },
  li: { prefix: 'li_1', randomChars: 23 },
  di: { prefix: 'di_1', randomChars: 23 },
  pm: { prefix: 'pm_1', randomChars: 23 },
  price: { prefix: 'price_1', randomChars: 23 },
  txr: { prefix: 'txr_1', randomChars: 23 },
  inpay: { prefix: 'inpay_1', randomChars: 23 },
  prod: { prefix: 'prod_', randomChars: 14 },
  req: { prefix: 'req_', randomChars: 14 },
} as const;

export type IdKind = keyof typeof forms;

/** A new id in Stripe's form for that kind of object, for example `pi_3…` or `cs_test_a1…`. */
export function newId(kind: IdKind): string {
  const { prefix, randomChars } = forms[kind];
  return prefix + base62(randomBytes(randomChars));
}

/** The same id for the same seed on every start, for objects made from the options. */
export function derivedId(kind: IdKind, seed: string): string {
  const { prefix, randomChars } = forms[kind];
  return prefix + base62(createHash('sha256').update(`${kind}:${seed}`).digest().subarray(0, randomChars));
}

/** A secret for the client that belongs to an intent, in Stripe's form. */
export function clientSecret(intentId: string): string {
  return `${intentId}_secret_${base62(randomBytes(25))}`;
}

function base62(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => alphabet[byte % alphabet.length]).join('');
}
