import type { Language } from '../../domain/order.ts';
import { printableText } from '../../domain/printableText.ts';
import type { ShopIdentity } from '../../domain/shop.ts';
import { claimWords } from './claimWords.ts';
import type { FooterInput } from './closing.ts';

/** What both claim mails know of the purchase. */
export interface ClaimedPurchase {
  orderId: string;
  /** As they were sold, one per line of the order; printed by the rules for text from outside. */
  titles: readonly string[];
  language: Language;
  shop: ShopIdentity;
}

export const printedTitles = ({ titles, language }: ClaimedPurchase): string[] =>
  titles.map((title) => printableText(title, 200) || claimWords(language).untitled);

export const claimFooter = ({ language, orderId, shop }: ClaimedPurchase): FooterInput => ({
  language,
  orderId,
  shop,
  because: 'purchase',
});

/** Bytes that frame, steps and footer need at most; the rest is for titles. */
export const claimFrameBytes = 16_000;
