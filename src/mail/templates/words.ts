import type { Language } from '../../domain/order.ts';
import { polishForm } from './polishForm.ts';

/** All texts of the mails to buyers. */
export interface MailWords {
  receiptSubject: (orderId: string, books: number) => string;
  receiptHeading: string;
  booksReady: (books: number) => string;
  filesPending: string;
  readySubject: (orderId: string) => string;
  readyHeading: string;
  readyLead: string;
  grantedSubject: (orderId: string, books: number) => string;
  grantedHeading: (books: number) => string;
  grantedLead: (books: number) => string;
  newLinksSubject: (orderId: string) => string;
  newLinksHeading: string;
  newLinksLead: string;
  newVersionSubject: (orderId: string) => string;
  newVersionHeading: string;
  newVersionLead: string;
  addressSubject: (orderId: string) => string;
  addressHeading: string;
  addressLead: (masked: string) => string;
  addressNote: string;
  download: (format: string) => string;
  inPreparation: string;
  moreOnShelf: (books: number) => string;
  linksWorkUntil: (moment: string) => string;
  afterThat: string;
  openShelf: string;
  shelf: string;
  order: string;
  receipt: string;
  paid: string;
  buyer: string;
  help: string;
  quoteOrder: string;
  why: Record<Because, (shop: string) => string>;
}

/** Why a mail comes: something was bought, books were given, or the address was named with an order. */
export type Because = 'purchase' | 'grant' | 'address';

const english: MailWords = {
  receiptSubject: (orderId, books) => `${books === 1 ? 'Your ebook' : 'Your ebooks'} – order ${orderId}`,
  receiptHeading: 'Thank you for your purchase',
  booksReady: (books) =>
    books === 1 ? 'Your ebook is ready to download.' : 'Your ebooks are ready to download.',
  filesPending:
    'We are preparing your personal copies, which usually takes less than a minute. The links already work: they open a page that waits with you. Should it take longer, we will write again.',
  readySubject: (orderId) => `Your files are ready – order ${orderId}`,
  readyHeading: 'Your files are ready',
  readyLead: 'Thank you for your patience. Here are your download links.',
  grantedSubject: (orderId, books) =>
    `${books === 1 ? 'Your ebook is here' : 'Your ebooks are here'} – order ${orderId}`,
  grantedHeading: (books) => (books === 1 ? 'Your ebook is here' : 'Your ebooks are here'),
  grantedLead: (books) =>
    books === 1
      ? 'We have put an ebook on your shelf. Here are your download links.'
      : 'We have put ebooks on your shelf. Here are your download links.',
  newLinksSubject: (orderId) => `Your new download links – order ${orderId}`,
  newLinksHeading: 'Your new download links',
  newLinksLead: 'Here are new links to your ebooks. The links that we sent before no longer work.',
  newVersionSubject: (orderId) => `A new version of your ebook – order ${orderId}`,
  newVersionHeading: 'A new version of your ebook',
  newVersionLead:
    'The ebook that you own has been updated. Here is the new version; you pay nothing for it. On your shelf it has taken the place of the old one.',
  addressSubject: (orderId) => `The e-mail address of order ${orderId} has changed`,
  addressHeading: 'The e-mail address of this order has changed',
  addressLead: (masked) =>
    `From now on, our messages about this order go to ${masked}. Download links that we sent to this address no longer work.`,
  addressNote: 'If you did not ask for this, please write to us at once.',
  download: (format) => `Download ${format}`,
  inPreparation: 'In preparation',
  moreOnShelf: (books) =>
    books === 1
      ? 'One more title is on your shelf, and its links are in the text version of this message.'
      : `${books} more titles are on your shelf, and their links are in the text version of this message.`,
  linksWorkUntil: (moment) => `The links work until ${moment}.`,
  afterThat: 'After that, you will always find your ebooks on your shelf.',
  openShelf: 'Open my shelf',
  shelf: 'My shelf',
  order: 'Order',
  receipt: 'Receipt',
  paid: 'Paid',
  buyer: 'Buyer',
  help: 'Something not right? Write to us:',
  quoteOrder: 'Please quote order',
  why: {
    purchase: (shop) => `${shop} sends this message because of your purchase. It is not advertising.`,
    grant: (shop) =>
      `${shop} sends this message because we have put ebooks on your shelf. It is not advertising.`,
    address: (shop) =>
      `${shop} sends this message because this address was given with the order. It is not advertising.`,
  },
};

const polish: MailWords = {
  receiptSubject: (orderId, books) =>
    `${books === 1 ? 'Twój e-book' : 'Twoje e-booki'} – zamówienie ${orderId}`,
  receiptHeading: 'Dziękujemy za zakup',
  booksReady: (books) =>
    books === 1 ? 'Twój e-book jest gotowy do pobrania.' : 'Twoje e-booki są gotowe do pobrania.',
  filesPending:
    'Przygotowujemy Twoje osobiste egzemplarze, co zwykle trwa krócej niż minutę. Linki już działają: otwierają stronę, na której poczekasz na plik. Jeśli potrwa to dłużej, napiszemy jeszcze raz.',
  readySubject: (orderId) => `Twoje pliki są gotowe – zamówienie ${orderId}`,
  readyHeading: 'Twoje pliki są gotowe',
  readyLead: 'Dziękujemy za cierpliwość. Oto linki do pobrania.',
  grantedSubject: (orderId, books) =>
    `${books === 1 ? 'Twój e-book czeka na Ciebie' : 'Twoje e-booki czekają na Ciebie'} – zamówienie ${orderId}`,
  grantedHeading: (books) =>
    books === 1 ? 'Twój e-book czeka na Ciebie' : 'Twoje e-booki czekają na Ciebie',
  grantedLead: (books) =>
    books === 1
      ? 'Na Twojej półce jest nowy e-book od nas. Oto linki do pobrania.'
      : 'Na Twojej półce są nowe e-booki od nas. Oto linki do pobrania.',
  newLinksSubject: (orderId) => `Twoje nowe linki do pobrania – zamówienie ${orderId}`,
  newLinksHeading: 'Twoje nowe linki do pobrania',
  newLinksLead: 'Oto nowe linki do Twoich e-booków. Linki wysłane wcześniej już nie działają.',
  newVersionSubject: (orderId) => `Nowa wersja Twojego e-booka – zamówienie ${orderId}`,
  newVersionHeading: 'Nowa wersja Twojego e-booka',
  newVersionLead:
    'Twój e-book został zaktualizowany. Oto nowa wersja; nic za nią nie płacisz. Na Twojej półce zastąpiła poprzednią.',
  addressSubject: (orderId) => `Zmieniono adres e-mail zamówienia ${orderId}`,
  addressHeading: 'Zmieniono adres e-mail tego zamówienia',
  addressLead: (masked) =>
    `Od teraz wiadomości o tym zamówieniu wysyłamy na adres ${masked}. Linki do pobrania, które wysłaliśmy tutaj, już nie działają.`,
  addressNote: 'Jeśli to nie była Twoja prośba, napisz do nas jak najszybciej.',
  download: (format) => `Pobierz ${format}`,
  inPreparation: 'W przygotowaniu',
  moreOnShelf: (books) =>
    polishForm(books, {
      one: 'Jeszcze 1 tytuł czeka na Twojej półce, a linki do niego są w tekstowej wersji tej wiadomości.',
      few: `Jeszcze ${books} tytuły czekają na Twojej półce, a linki do nich są w tekstowej wersji tej wiadomości.`,
      many: `Jeszcze ${books} tytułów czeka na Twojej półce, a linki do nich są w tekstowej wersji tej wiadomości.`,
    }),
  linksWorkUntil: (moment) => `Linki działają do: ${moment}.`,
  afterThat: 'Później swoje e-booki zawsze znajdziesz na swojej półce.',
  openShelf: 'Otwórz moją półkę',
  shelf: 'Moja półka',
  order: 'Zamówienie',
  receipt: 'Potwierdzenie zapłaty',
  paid: 'Zapłacono',
  buyer: 'Nabywca',
  help: 'Coś się nie zgadza? Napisz do nas:',
  quoteOrder: 'Podaj numer zamówienia',
  why: {
    purchase: (shop) => `${shop} wysyła tę wiadomość w związku z Twoim zakupem. To nie jest reklama.`,
    grant: (shop) =>
      `${shop} wysyła tę wiadomość, bo na Twojej półce są e-booki od nas. To nie jest reklama.`,
    address: (shop) => `${shop} wysyła tę wiadomość, bo ten adres podano w zamówieniu. To nie jest reklama.`,
  },
};

/** The texts of mails in one language. */
export function mailWords(language: Language): MailWords {
  return language === 'pl' ? polish : english;
}
