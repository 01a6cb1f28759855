import { z } from 'zod';
import { dayIn } from '../domain/calendar.ts';
import { Fault } from '../domain/fault.ts';
import { localeOf } from '../domain/locale.ts';
import { languages } from '../domain/order.ts';
import type { Language, Order, OrderLine, PostalAddress } from '../domain/order.ts';
import { printableText } from '../domain/printableText.ts';
import type { Seller } from '../domain/seller.ts';
import { taxRatesOf } from './taxRates.ts';
import { remembered } from '../domain/remembered.ts';

/** Longest printed texts, in characters as people count them. */
const nameMax = 120;
const titleMax = 200;
export const referenceMax = 120;
/** Stripe's checkout takes 100 lines; a receipt of more than this is an error somewhere. */
const linesMax = 1_000;

export const amount = z.int().nonnegative();
export const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const taxId = z.strictObject({ type: z.string().nullable(), value: z.string() });

const party = { name: z.string(), addressLines: z.array(z.string()), email: z.string() };

export const sellerSchema = z.strictObject({
  ...party,
  taxId: taxId.nullable(),
  website: z.string().nullable(),
});
export const buyerSchema = z.strictObject({
  ...party,
  company: z.string().nullable(),
  taxIds: z.array(taxId),
});
export const taxRatesSchema = z.array(
  z.strictObject({ taxPercent: z.number().nullable(), net: z.int(), tax: amount, gross: amount }),
);

const line = z.strictObject({
  lineNo: z.int().positive(),
  title: z.string(),
  quantity: amount,
  unitAmount: amount,
  subtotal: amount,
  discount: amount,
  taxPercent: z.number().nullable(),
  tax: amount,
  total: amount,
});

/** A receipt as it is stored: everything that is printed, frozen at the moment of issue. Amounts in minor units. */
export const receiptDocumentSchema = z.strictObject({
  version: z.literal(1),
  language: z.enum(languages),
  number: z.string().regex(/^.+\/\d{6,}$/),
  issuedAt: z.iso.datetime(),
  /** Days in the seller's time zone. */
  issueDay: day,
  saleDay: day,
  orderId: z.string(),
  paymentKey: z.string(),
  /** Paid in Stripe's test mode: printed, so that nobody books it. */
  test: z.boolean(),
  seller: sellerSchema,
  buyer: buyerSchema,
  currency: z.string().regex(/^[a-z]{3}$/),
  lines: z.array(line).min(1).max(linesMax),
  taxRates: taxRatesSchema,
  subtotal: amount,
  discount: amount,
  tax: amount,
  /** Whether `total` follows from `subtotal - discount` alone, the tax being inside. */
  taxIncluded: z.boolean(),
  total: amount,
});

export type ReceiptDocument = z.infer<typeof receiptDocumentSchema>;
export type ReceiptLine = ReceiptDocument['lines'][number];

export interface ReceiptIssue {
  /** For example `R-2026`. */
  series: string;
  number: number;
  issuedAt: Date;
}

/** The number as people read it: `R-2026/000123`. */
export function receiptNumber({ series, number }: Pick<ReceiptIssue, 'series' | 'number'>): string {
  return `${series}/${String(number).padStart(6, '0')}`;
}

/** Name of the file of a receipt or credit note for a download or an attachment, for example `R-2026-000123.pdf`. */
export function receiptFileName(number: string, extension: 'pdf' | 'html'): string {
  return `${number.replace(/[^A-Za-z0-9-]+/g, '-')}.${extension}`;
}

/**
 * The receipt of an order. Pure: the same arguments give the same document. All texts are made printable and cut
 * here, so that neither storage nor layout meets a hostile name.
 *
 * @throws Fault `needs_human` when the order has no lines or too many
 */
export function receiptDocument(order: Order, seller: Seller, issue: ReceiptIssue): ReceiptDocument {
  if (order.lines.length === 0 || order.lines.length > linesMax) {
    throw new Fault({
      kind: 'needs_human',
      reason: 'receipt_line_count',
      message: `A receipt has 1 to ${linesMax} lines, this order has ${order.lines.length}.`,
    });
  }
  const lines = order.lines.map(receiptLine);
  return {
    version: 1,
    language: order.buyer.language,
    number: receiptNumber(issue),
    issuedAt: issue.issuedAt.toISOString(),
    issueDay: dayIn(seller.timeZone, issue.issuedAt),
    saleDay: dayIn(seller.timeZone, new Date(order.paidAt)),
    orderId: order.orderId,
    paymentKey: printableText(order.paymentKey, referenceMax),
    test: !order.livemode,
    seller: sellerParty(seller),
    buyer: buyerParty(order),
    currency: order.currency.toLowerCase(),
    lines,
    taxRates: taxRatesOf(lines),
    subtotal: order.subtotal,
    discount: order.discount,
    tax: order.tax,
    taxIncluded: order.subtotal - order.discount === order.total,
    total: order.total,
  };
}

function receiptLine(line: OrderLine): ReceiptLine {
  return {
    lineNo: line.lineNo,
    title: printableText(line.title, titleMax) || line.productId,
    quantity: line.quantity,
    unitAmount: line.unitAmount,
    subtotal: line.subtotal,
    discount: line.discount,
    taxPercent: line.taxPercent,
    tax: line.tax,
    total: line.total,
  };
}

export function sellerParty(seller: Seller): ReceiptDocument['seller'] {
  return {
    name: printableText(seller.name, nameMax),
    addressLines: printableLines(seller.addressLines),
    email: printableText(seller.email, 254),
    taxId: seller.taxId ? { type: null, value: printableText(seller.taxId, referenceMax) } : null,
    website: seller.website ? printableText(seller.website, referenceMax) : null,
  };
}

function buyerParty({ buyer }: Order): ReceiptDocument['buyer'] {
  return {
    name: printableText(buyer.name ?? '', nameMax),
    company: printableText(buyer.company ?? '', nameMax) || null,
    taxIds: buyer.taxIds
      .slice(0, 5)
      .map(({ type, value }) => ({ type, value: printableText(value, referenceMax) })),
    addressLines: buyer.address ? printableLines(addressLines(buyer.address, buyer.language)) : [],
    email: printableText(buyer.email, 254),
  };
}

function printableLines(lines: readonly string[]): string[] {
  return lines.map((text) => printableText(text, nameMax)).filter(Boolean);
}

function addressLines(address: PostalAddress, language: Language): string[] {
  const place = [address.postalCode, address.city].filter(Boolean).join(' ');
  return [
    address.line1 ?? '',
    address.line2 ?? '',
    [place, address.state].filter(Boolean).join(', '),
    countryName(address.country, language),
  ];
}

const regionNames = remembered((locale: string) => new Intl.DisplayNames([locale], { type: 'region' }));

function countryName(code: string | null, language: Language): string {
  if (code === null || !/^[A-Z]{2}$/.test(code)) return code ?? '';
  return regionNames(localeOf(language)).of(code) ?? code;
}
