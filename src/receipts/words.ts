import type { Language } from '../domain/order.ts';

/** All texts of a receipt. The Polish name is neutral on purpose: this is neither a VAT invoice nor a fiscal receipt. */
export interface ReceiptWords {
  title: string;
  testMode: string;
  issueDate: string;
  saleDate: string;
  order: string;
  payment: string;
  seller: string;
  buyer: string;
  items: string;
  item: string;
  quantity: string;
  unitAmount: string;
  discount: string;
  taxRate: string;
  tax: string;
  lineTotal: string;
  amountsIn: (currency: string) => string;
  subtotal: string;
  taxIncluded: string;
  total: string;
  taxSummary: string;
  net: string;
  gross: string;
  taxId: string;
  taxIdTypes: Readonly<Record<string, string>>;
  legalNote: string;
  questions: (email: string) => string;
  page: (page: number, pages: number) => string;
}

const english: ReceiptWords = {
  title: 'Receipt',
  testMode: 'Test mode: no money was moved.',
  issueDate: 'Date of issue',
  saleDate: 'Date of sale',
  order: 'Order',
  payment: 'Payment reference',
  seller: 'Seller',
  buyer: 'Buyer',
  items: 'Items',
  item: 'Item',
  quantity: 'Qty',
  unitAmount: 'Unit price',
  discount: 'Discount',
  taxRate: 'Tax rate',
  tax: 'Tax',
  lineTotal: 'Total',
  amountsIn: (currency) => `Amounts in ${currency}`,
  subtotal: 'Subtotal',
  taxIncluded: 'Tax included',
  total: 'Total paid',
  taxSummary: 'Tax by rate',
  net: 'Net',
  gross: 'Gross',
  taxId: 'Tax ID',
  taxIdTypes: { eu_vat: 'VAT ID', gb_vat: 'VAT ID', ch_vat: 'VAT ID', no_vat: 'VAT ID', pl_nip: 'NIP' },
  legalNote: 'This document confirms a payment. It is not a VAT invoice or a fiscal receipt.',
  questions: (email) => `Questions? Write to ${email}.`,
  page: (page, pages) => `Page ${page} of ${pages}`,
};

const polish: ReceiptWords = {
  title: 'Potwierdzenie zapłaty',
  testMode: 'Tryb testowy: nie pobrano żadnych pieniędzy.',
  issueDate: 'Data wystawienia',
  saleDate: 'Data sprzedaży',
  order: 'Zamówienie',
  payment: 'Identyfikator płatności',
  seller: 'Sprzedawca',
  buyer: 'Nabywca',
  items: 'Pozycje',
  item: 'Nazwa',
  quantity: 'Ilość',
  unitAmount: 'Cena jedn.',
  discount: 'Rabat',
  taxRate: 'Stawka',
  tax: 'Podatek',
  lineTotal: 'Wartość',
  amountsIn: (currency) => `Kwoty w walucie ${currency}`,
  subtotal: 'Suma pozycji',
  taxIncluded: 'W tym podatek',
  total: 'Zapłacono',
  taxSummary: 'Podatek według stawek',
  net: 'Netto',
  gross: 'Brutto',
  taxId: 'Identyfikator podatkowy',
  taxIdTypes: { eu_vat: 'VAT UE', gb_vat: 'VAT', ch_vat: 'VAT', no_vat: 'VAT', pl_nip: 'NIP' },
  legalNote: 'Dokument potwierdza dokonanie zapłaty. Nie jest fakturą VAT ani paragonem fiskalnym.',
  questions: (email) => `Masz pytania? Napisz do nas: ${email}`,
  page: (page, pages) => `Strona ${page} z ${pages}`,
};

/** The texts of a receipt in one language. */
export function receiptWords(language: Language): ReceiptWords {
  return language === 'pl' ? polish : english;
}

/** What a tax number is called: by Stripe's type where there is one, else by its form. */
export function taxIdLabel(words: ReceiptWords, taxId: { type: string | null; value: string }): string {
  const type =
    taxId.type ?? (/^(PL)?[ -]?\d{3}-?\d{3}-?\d{2}-?\d{2}$/.test(taxId.value) ? 'pl_nip' : 'other');
  return words.taxIdTypes[type] ?? words.taxId;
}
