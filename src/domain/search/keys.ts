import { parseEmailAddress } from '../emailAddress.ts';
import type { SearchKey } from './query.ts';

/** What a bare token is: a key, an id that leads nowhere here, or neither. */
export type KeyReading =
  { kind: 'key'; key: SearchKey } | { kind: 'unsupported'; what: string; remedy: string } | { kind: 'none' };

/** `py_` are charges of payment methods other than cards (Stripe API reference, Charge object). */
const stripeKinds = {
  pi: 'payment_intent',
  cs: 'checkout_session',
  ch: 'charge',
  py: 'charge',
  evt: 'event',
} as const;

const bySomethingElse = 'Search by e-mail address, pi_… or order id instead.';
/** Ids that people paste from Stripe's pages and that are not kept here. */
const otherStripeIds: Record<string, { what: string; remedy: string }> = {
  cus: { what: 'a customer', remedy: bySomethingElse },
  re: { what: 'a refund', remedy: 'Search by the refunded payment: pi_… or ch_….' },
  dp: { what: 'a dispute', remedy: 'Search by the disputed payment: pi_… or ch_….' },
  du: { what: 'a dispute', remedy: 'Search by the disputed payment: pi_… or ch_….' },
  in: { what: 'an invoice', remedy: 'Invoices are not fulfilled here.' },
  sub: { what: 'a subscription', remedy: 'Subscriptions are not fulfilled here.' },
  price: { what: 'a price', remedy: bySomethingElse },
  prod: { what: 'a product', remedy: bySomethingElse },
  txn: { what: 'a balance transaction', remedy: bySomethingElse },
  pm: { what: 'a payment method', remedy: bySomethingElse },
};

const stripeId = /^(pi|cs|ch|py|evt)_[A-Za-z0-9_]{1,250}$/;
const stripeIdInUrl = /(?:^|[/=?&#])((?:pi|cs|ch|py|evt)_[A-Za-z0-9_]{1,250})(?=$|[/?&#])/;
const otherStripeId = /^([a-z]{2,5})_[A-Za-z0-9]{8,250}$/;
const jobId = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Crockford's alphabet; O, I and L are what people hear for 0 and 1. */
const orderId = /^[0-9A-TV-Z]{4}-[0-9A-TV-Z]{4}-[0-9A-TV-Z]{4}$/;
/** `R-2026/000123`, and `R-2026-000123` as the receipt's file is called. */
const receiptNumber = /^(?:([A-Z0-9][A-Z0-9-]{0,31})\/([0-9]{1,12})|([A-Z0-9]{1,8}-[0-9]{4})-([0-9]{6,12}))$/;

function stripeKey(text: string): SearchKey | undefined {
  // A client secret begins with the id; the rest of it is nobody's business.
  const id = text.replace(/_secret_.*$/, '');
  const prefix = stripeId.exec(id)?.[1] as keyof typeof stripeKinds | undefined;
  return prefix && { kind: stripeKinds[prefix], id };
}

/** Reads a bare token. A pasted link to one of Stripe's pages stands for the id in it. */
export function readKey(text: string): KeyReading {
  const asTyped = /^https?:\/\//i.test(text) ? stripeIdInUrl.exec(text)?.[1] : text;
  if (asTyped === undefined) return { kind: 'none' };
  const found = stripeKey(asTyped) ?? ownKey(asTyped) ?? emailKey(asTyped);
  if (found) return { kind: 'key', key: found };
  const other = otherStripeIds[otherStripeId.exec(asTyped)?.[1] ?? ''];
  return other ? { kind: 'unsupported', ...other } : { kind: 'none' };
}

function ownKey(text: string): SearchKey | undefined {
  if (jobId.test(text.toLowerCase())) return { kind: 'job', id: text.toLowerCase() };
  const upper = text.toUpperCase();
  if (orderId.test(upper)) {
    return { kind: 'order', id: upper.replaceAll('O', '0').replace(/[IL]/g, '1') };
  }
  const receipt = receiptNumber.exec(upper);
  const series = receipt?.[1] ?? receipt?.[3];
  const number = Number(receipt?.[2] ?? receipt?.[4]);
  return series !== undefined && number > 0 ? { kind: 'receipt', series, number } : undefined;
}

/** The key of an address that mail could be sent to. */
export function emailKey(text: string): SearchKey | undefined {
  const address = parseEmailAddress(text);
  return address && { kind: 'email', canonical: address.canonical };
}

/** A key as people write it. */
export function keyText(key: SearchKey): string {
  switch (key.kind) {
    case 'receipt':
      return `${key.series}/${String(key.number).padStart(6, '0')}`;
    case 'email':
      return key.canonical;
    default:
      return key.id;
  }
}
