import { dayText } from '../domain/calendar.ts';
import type { ReceiptDocument } from './document.ts';
import { receiptWords, taxIdLabel } from './words.ts';

/** A labelled fact of the receipt's head. */
export interface Fact {
  label: string;
  text: string;
}

/** One side of the sale: a name to print strongly and the lines below it. */
export interface Party {
  label: string;
  name: string;
  lines: string[];
}

/** "Receipt R-2026/000123": the title of page and file. */
export function receiptTitle(document: ReceiptDocument): string {
  return `${receiptWords(document.language).title} ${document.number}`;
}

export function headFacts(document: ReceiptDocument): Fact[] {
  const words = receiptWords(document.language);
  return [
    { label: words.issueDate, text: dayText(document.issueDay, document.language) },
    { label: words.saleDate, text: dayText(document.saleDay, document.language) },
    { label: words.order, text: document.orderId },
  ];
}

export function sellerOf({ seller, language }: ReceiptDocument): Party {
  const words = receiptWords(language);
  const taxId = seller.taxId ? [`${taxIdLabel(words, seller.taxId)}: ${seller.taxId.value}`] : [];
  const website = seller.website ? [seller.website] : [];
  return {
    label: words.seller,
    name: seller.name,
    lines: [...seller.addressLines, ...taxId, seller.email, ...website],
  };
}

export function buyerOf({ buyer, language }: ReceiptDocument): Party {
  const words = receiptWords(language);
  const names = [buyer.company, buyer.name].filter((name): name is string => Boolean(name));
  const [name = buyer.email, ...otherNames] = names;
  const taxIds = buyer.taxIds.map((taxId) => `${taxIdLabel(words, taxId)}: ${taxId.value}`);
  const email = name === buyer.email ? [] : [buyer.email];
  return { label: words.buyer, name, lines: [...otherNames, ...buyer.addressLines, ...taxIds, ...email] };
}
