import type { Language } from './frame.ts';

/** The words of the hosted checkout page. */
export interface CheckoutTexts {
  title: string;
  intro: string;
  otherLanguage: string;
  book: string;
  quantity: string;
  amount: string;
  total: string;
  taxIncluded: string;
  discount: string;
  update: string;
  email: string;
  name: string;
  company: string;
  optional: string;
  companyName: string;
  taxId: string;
  taxIdHint: string;
  line1: string;
  postalCode: string;
  city: string;
  country: string;
  method: string;
  card: string;
  blikLater: string;
  blikRefused: string;
  p24: string;
  sepaDebit: string;
  pay: string;
  getFree: string;
  cancel: string;
  emailMissing: string;
  quantityWrong: string;
  doneTitle: string;
  done: string;
  expiredTitle: string;
  expired: string;
}

export const checkoutTexts: Record<Language, CheckoutTexts> = {
  en: {
    title: 'Checkout',
    intro: 'A stand-in for Stripe’s payment page. No money moves, and any e-mail address will do.',
    otherLanguage: 'Polski',
    book: 'Book',
    quantity: 'Quantity',
    amount: 'Amount',
    total: 'Total',
    taxIncluded: 'including tax of',
    discount: 'Discount',
    update: 'Update total',
    email: 'E-mail',
    name: 'Name',
    company: 'Buying for a company',
    optional: 'optional',
    companyName: 'Company name',
    taxId: 'Tax ID',
    taxIdHint: 'for example PL5260001246',
    line1: 'Address',
    postalCode: 'Postal code',
    city: 'City',
    country: 'Country',
    method: 'Payment method',
    card: 'Card',
    blikLater: 'BLIK, confirmed by the bank a few seconds later',
    blikRefused: 'BLIK, refused by the bank a few seconds later',
    p24: 'Przelewy24, confirmed by the bank a few seconds later',
    sepaDebit: 'SEPA direct debit, collected a few seconds later',
    pay: 'Pay',
    getFree: 'Get it for free',
    cancel: 'Back to the shop',
    emailMissing: 'Please enter an e-mail address, such as ada@example.com.',
    quantityWrong: 'Please choose a quantity the shop allows.',
    doneTitle: 'Paid already',
    done: 'This purchase is complete. You can close this page.',
    expiredTitle: 'This page has expired',
    expired: 'Please go back to the shop and start again.',
  },
  pl: {
    title: 'Płatność',
    intro:
      'Zastępuje stronę płatności Stripe. Żadne pieniądze nie zostaną pobrane, a adres e-mail może być dowolny.',
    otherLanguage: 'English',
    book: 'Książka',
    quantity: 'Liczba',
    amount: 'Kwota',
    total: 'Razem',
    taxIncluded: 'w tym podatek',
    discount: 'Rabat',
    update: 'Przelicz',
    email: 'E-mail',
    name: 'Imię i nazwisko',
    company: 'Zakup na firmę',
    optional: 'nieobowiązkowe',
    companyName: 'Nazwa firmy',
    taxId: 'NIP lub numer VAT UE',
    taxIdHint: 'na przykład PL5260001246',
    line1: 'Adres',
    postalCode: 'Kod pocztowy',
    city: 'Miejscowość',
    country: 'Kraj',
    method: 'Sposób płatności',
    card: 'Karta',
    blikLater: 'BLIK, potwierdzony przez bank po kilku sekundach',
    blikRefused: 'BLIK, odrzucony przez bank po kilku sekundach',
    p24: 'Przelewy24, potwierdzone przez bank po kilku sekundach',
    sepaDebit: 'Polecenie zapłaty SEPA, pobrane po kilku sekundach',
    pay: 'Zapłać',
    getFree: 'Odbierz za darmo',
    cancel: 'Wróć do sklepu',
    emailMissing: 'Podaj adres e-mail, na przykład ada@example.com.',
    quantityWrong: 'Wybierz liczbę, na którą sklep pozwala.',
    doneTitle: 'Już opłacone',
    done: 'Ten zakup jest zakończony. Możesz zamknąć tę stronę.',
    expiredTitle: 'Ta strona wygasła',
    expired: 'Wróć do sklepu i zacznij od nowa.',
  },
};
