import type { Language } from '../../domain/order.ts';

/** What a page behind a link can have to say. */
export type PageKind =
  | 'preparing'
  | 'expired'
  | 'limited'
  | 'revoked'
  | 'unknown'
  | 'timedOut'
  | 'unavailable'
  | 'noReceipt'
  | 'noCreditNote'
  | 'mailSent'
  | 'mailTooSoon'
  | 'stopReminders'
  | 'remindersStopped';

export interface PageWords {
  heading: string;
  paragraphs: string[];
}

export interface Words {
  pages: Record<PageKind, PageWords>;
  checkAgain: string;
  toShelf: string;
  support: string;
  book: string;
  /** Before the time from which it works again. */
  again: string;
  stopReminders: string;
  freshMail: string;
  mailAgain: string;
}

const english: Words = {
  pages: {
    preparing: {
      heading: 'Your book is being prepared',
      paragraphs: [
        'We are making your own copy. This page checks every few seconds, and the download starts by itself.',
        'Should it take longer, you need not wait: we will write to you when it is ready.',
      ],
    },
    expired: {
      heading: 'This link has expired',
      paragraphs: [
        'Links work for a limited time. The book is still yours: we will mail you fresh links to the address of your order.',
      ],
    },
    limited: {
      heading: 'This book was downloaded often today',
      paragraphs: [
        'For your protection a book can be downloaded a limited number of times a day. A fresh link does not change that.',
        'If you need it sooner, write to us: we can lift the limit.',
      ],
    },
    revoked: {
      heading: 'Access to this book has ended',
      paragraphs: ['Its payment was returned or disputed, so it can no longer be downloaded.'],
    },
    unknown: {
      heading: 'We do not know this link',
      paragraphs: [
        'Part of the address may be missing. Open the link in your mail again, or copy all of it.',
      ],
    },
    timedOut: {
      heading: 'This download has timed out',
      paragraphs: ['Open the link in your mail, or on your shelf, once more.'],
    },
    unavailable: {
      heading: 'One moment, please',
      paragraphs: ['Something on our side is not answering. Nothing is lost: try again in a minute.'],
    },
    noReceipt: {
      heading: 'We do not know this receipt',
      paragraphs: [
        'Part of the address may be missing. Open the link in your mail again, or copy all of it.',
      ],
    },
    noCreditNote: {
      heading: 'We do not know this credit note',
      paragraphs: [
        'Part of the address may be missing. Open the link in your mail again, or copy all of it.',
      ],
    },
    mailSent: {
      heading: 'Fresh links are on their way',
      paragraphs: [
        'The mail goes to the address of your order. If it is not there in a few minutes, look among spam.',
      ],
    },
    mailTooSoon: {
      heading: 'A mail was sent a moment ago',
      paragraphs: ['It went to the address of your order; look among spam as well.'],
    },
    stopReminders: {
      heading: 'No more reminders?',
      paragraphs: [
        'We will not remind you again that your books can be taken into an account. They stay yours either way, and the links in your mails keep working.',
      ],
    },
    remindersStopped: {
      heading: 'We will not remind you again',
      paragraphs: [
        'Your books stay yours. Should you want them in an account one day, sign in and ask for a code.',
      ],
    },
  },
  stopReminders: 'Send no reminders',
  freshMail: 'Mail me fresh links',
  mailAgain: 'You can ask again from:',
  checkAgain: 'Check now',
  toShelf: 'Go to my shelf',
  support: 'Need help? Write to',
  book: 'Book',
  again: 'It can be downloaded again from:',
};

const polish: Words = {
  pages: {
    preparing: {
      heading: 'Przygotowujemy Twoją książkę',
      paragraphs: [
        'Tworzymy Twój własny egzemplarz. Strona sprawdza to co kilka sekund, a pobieranie zacznie się samo.',
        'Jeśli potrwa to dłużej, nie musisz czekać: napiszemy do Ciebie, gdy książka będzie gotowa.',
      ],
    },
    expired: {
      heading: 'Ten link wygasł',
      paragraphs: [
        'Linki działają przez ograniczony czas. Książka nadal jest Twoja: wyślemy nowe linki na adres z zamówienia.',
      ],
    },
    limited: {
      heading: 'Tę książkę pobrano dziś wiele razy',
      paragraphs: [
        'Dla Twojego bezpieczeństwa liczba pobrań książki w ciągu doby jest ograniczona. Nowy link tego nie zmieni.',
        'Jeśli potrzebujesz jej wcześniej, napisz do nas: możemy znieść to ograniczenie.',
      ],
    },
    revoked: {
      heading: 'Dostęp do tej książki został cofnięty',
      paragraphs: ['Płatność została zwrócona lub zakwestionowana, więc książki nie można już pobrać.'],
    },
    unknown: {
      heading: 'Nie znamy tego linku',
      paragraphs: [
        'Być może brakuje części adresu. Otwórz link z wiadomości jeszcze raz albo skopiuj go w całości.',
      ],
    },
    timedOut: {
      heading: 'Czas na to pobranie minął',
      paragraphs: ['Otwórz jeszcze raz link z wiadomości albo ze swojej półki.'],
    },
    unavailable: {
      heading: 'Chwileczkę',
      paragraphs: ['Coś po naszej stronie nie odpowiada. Nic nie zginęło: spróbuj ponownie za minutę.'],
    },
    noReceipt: {
      heading: 'Nie znamy tego potwierdzenia',
      paragraphs: [
        'Być może brakuje części adresu. Otwórz link z wiadomości jeszcze raz albo skopiuj go w całości.',
      ],
    },
    noCreditNote: {
      heading: 'Nie znamy tego potwierdzenia zwrotu',
      paragraphs: [
        'Być może brakuje części adresu. Otwórz link z wiadomości jeszcze raz albo skopiuj go w całości.',
      ],
    },
    mailSent: {
      heading: 'Nowe linki są w drodze',
      paragraphs: [
        'Wiadomość wysyłamy na adres z zamówienia. Jeśli nie dotrze w ciągu kilku minut, sprawdź spam.',
      ],
    },
    mailTooSoon: {
      heading: 'Wiadomość została już wysłana',
      paragraphs: ['Wysłaliśmy ją na adres z zamówienia; sprawdź także spam.'],
    },
    stopReminders: {
      heading: 'Bez kolejnych przypomnień?',
      paragraphs: [
        'Nie będziemy już przypominać, że książki można przenieść na konto. Tak czy inaczej pozostają Twoje, a linki z wiadomości nadal działają.',
      ],
    },
    remindersStopped: {
      heading: 'Nie będziemy już przypominać',
      paragraphs: [
        'Książki pozostają Twoje. Jeśli kiedyś zechcesz mieć je na koncie, zaloguj się i poproś o kod.',
      ],
    },
  },
  stopReminders: 'Nie przypominaj mi',
  freshMail: 'Wyślij mi nowe linki',
  mailAgain: 'Ponownie możesz poprosić od:',
  checkAgain: 'Sprawdź teraz',
  toShelf: 'Przejdź do mojej półki',
  support: 'Potrzebujesz pomocy? Napisz:',
  book: 'Książka',
  again: 'Ponowne pobranie będzie możliwe od:',
};

export const words: Record<Language, Words> = { en: english, pl: polish };
