import type { Language } from '../domain/order.ts';
import type { ReceiptDocument } from './document.ts';
import { percentText, plainAmounts } from './figures.ts';
import type { PaperRates, Party } from './paper.ts';
import { receiptWords, taxIdLabel } from './words.ts';

export function sellerOf({
  seller,
  language,
}: {
  seller: ReceiptDocument['seller'];
  language: Language;
}): Party {
  const words = receiptWords(language);
  const taxId = seller.taxId ? [`${taxIdLabel(words, seller.taxId)}: ${seller.taxId.value}`] : [];
  const website = seller.website ? [seller.website] : [];
  return {
    label: words.seller,
    name: seller.name,
    lines: [...seller.addressLines, ...taxId, seller.email, ...website],
  };
}

export function buyerOf({ buyer, language }: { buyer: ReceiptDocument['buyer']; language: Language }): Party {
  const words = receiptWords(language);
  const names = [buyer.company, buyer.name].filter((name): name is string => Boolean(name));
  const [name = buyer.email, ...otherNames] = names;
  const taxIds = buyer.taxIds.map((taxId) => `${taxIdLabel(words, taxId)}: ${taxId.value}`);
  const email = name === buyer.email ? [] : [buyer.email];
  return { label: words.buyer, name, lines: [...otherNames, ...buyer.addressLines, ...taxIds, ...email] };
}

/** Taxes by rate; null where no rate is known and no tax borne. */
export function ratesOf(
  document: Pick<ReceiptDocument, 'taxRates' | 'language' | 'currency'>,
): PaperRates | null {
  if (document.taxRates.length === 0) return null;
  const words = receiptWords(document.language);
  const amount = plainAmounts(document);
  return {
    title: words.taxSummary,
    head: [words.taxRate, words.net, words.tax, words.gross],
    rows: document.taxRates.map((rate) => [
      percentText(rate.taxPercent, document),
      amount(rate.net),
      amount(rate.tax),
      amount(rate.gross),
    ]),
  };
}
