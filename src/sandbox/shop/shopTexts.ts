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
  thanks: string;
  paid: string;
  waiting: string;
  open: string;
  order: string;
  total: string;
  nextTitle: string;
  nextMail: string;
  nextMailTo: string;
  nextLinks: string;
  nextShelf: string;
  openInbox: string;
  openShelf: string;
  yourShelf: string;
  reference: string;
  goOnPaying: string;
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
    thanks: 'Thank you!',
    paid: 'Your payment has arrived.',
    waiting: 'Your bank is still confirming the payment. This takes a moment.',
    open: 'This purchase is not finished yet.',
    order: 'Your order',
    total: 'Total',
    nextTitle: 'What happens next',
    nextMail: 'You get an e-mail with your receipt and the download links.',
    nextMailTo: 'It goes to',
    nextLinks:
      'The links in it lead to your own copies. Should one not be ready yet, the page behind the link says so.',
    nextShelf: 'Your books also stand on your shelf, whenever you sign in with this e-mail address.',
    openInbox: 'Open the inbox',
    openShelf: 'Open your shelf',
    yourShelf: 'Your shelf',
    reference: 'Checkout session:',
    goOnPaying: 'Go on to the payment',
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
    thanks: 'Dziękujemy!',
    paid: 'Twoja płatność dotarła.',
    waiting: 'Bank jeszcze potwierdza płatność. To chwilę potrwa.',
    open: 'Ten zakup nie jest jeszcze zakończony.',
    order: 'Zamówienie',
    total: 'Razem',
    nextTitle: 'Co dalej',
    nextMail: 'Dostaniesz e-mail z potwierdzeniem zakupu i linkami do pobrania.',
    nextMailTo: 'Wyślemy go na adres',
    nextLinks:
      'Linki prowadzą do Twoich egzemplarzy. Jeśli któryś nie jest jeszcze gotowy, strona pod linkiem to powie.',
    nextShelf: 'Książki znajdziesz też na swojej półce po zalogowaniu tym adresem e-mail.',
    openInbox: 'Otwórz skrzynkę',
    openShelf: 'Otwórz półkę',
    yourShelf: 'Twoja półka',
    reference: 'Sesja płatności:',
    goOnPaying: 'Przejdź do płatności',
    backToShop: 'Wróć do sklepu',
    notFoundTitle: 'Nie znaleziono',
    notFound: 'Nie ma tu takiej strony, książki ani zamówienia.',
    unavailableTitle: 'Spróbuj ponownie za chwilę',
    unavailable: 'Usługa płatności teraz nie odpowiada.',
  },
};
