import type { Language } from '../stripe/pages/frame.ts';

/** The words of the shop. */
export interface ShopTexts {
  name: string;
  intro: string;
  otherLanguage: string;
  currency: string;
  buy: string;
  notSold: string;
  inclTax: string;
  empty: string;
  yourShelf: string;
  dashboard: string;
  backToShop: string;
  notFoundTitle: string;
  notFound: string;
  unavailableTitle: string;
  unavailable: string;
}

export const shopTexts: Record<Language, ShopTexts> = {
  en: {
    name: 'Calm Books',
    intro: 'Ebooks without a real price: nothing is charged here, and everything else happens as in life.',
    otherLanguage: 'Polski',
    currency: 'Currency',
    buy: 'Buy',
    notSold: 'Not sold in this currency',
    inclTax: 'incl. tax',
    empty: 'There are no books yet.',
    yourShelf: 'Your shelf',
    dashboard: 'Refunds and disputes',
    backToShop: 'Back to the shop',
    notFoundTitle: 'Not found',
    notFound: 'There is no such page, book or order here.',
    unavailableTitle: 'Please try again in a moment',
    unavailable: 'The payment service does not answer right now.',
  },
  pl: {
    name: 'Calm Books',
    intro: 'E-booki bez prawdziwej ceny: nic tu nie zapłacisz, a cała reszta dzieje się jak w życiu.',
    otherLanguage: 'English',
    currency: 'Waluta',
    buy: 'Kup',
    notSold: 'Niedostępna w tej walucie',
    inclTax: 'z podatkiem',
    empty: 'Nie ma tu jeszcze książek.',
    yourShelf: 'Twoja półka',
    dashboard: 'Zwroty i reklamacje',
    backToShop: 'Wróć do sklepu',
    notFoundTitle: 'Nie znaleziono',
    notFound: 'Nie ma tu takiej strony, książki ani zamówienia.',
    unavailableTitle: 'Spróbuj ponownie za chwilę',
    unavailable: 'Usługa płatności teraz nie odpowiada.',
  },
};
