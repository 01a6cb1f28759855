import type { Language } from '../../stripe/pages/frame.ts';

/** A message that fills a page. */
export type ShelfMessage = 'signInFailed' | 'signedOut' | 'foreignForm' | 'unavailable';

/** Why there was no download, in words for the buyer. */
export type DownloadProblem = 'processing' | 'gone' | 'other';

/** The words of the shelf. */
export interface ShelfTexts {
  title: string;
  otherLanguage: string;
  signedInAs: (email: string) => string;
  signOut: string;
  backToShop: string;
  empty: (email: string) => string;
  emptyHint: string;
  lookAgain: string;
  otherBuyer: (email: string) => string;
  signInAs: (email: string) => string;
  notVerifiedTitle: string;
  notVerified: (email: string) => string;
  notVerifiedHow: string;
  signInAgain: string;
  processing: string;
  active: string;
  wait: string;
  waitLonger: string;
  refreshes: string;
  pause: string;
  refresh: string;
  guest: string;
  download: string;
  soon: string;
  unavailable: string;
  bought: string;
  order: string;
  receipt: string;
  openReceipt: string;
  creditNote: string;
  lastDownload: string;
  never: string;
  problems: Record<DownloadProblem, string>;
  messages: Record<ShelfMessage, { title: string; text: string; link: string }>;
}

export const shelfTexts: Record<Language, ShelfTexts> = {
  en: {
    title: 'Your shelf',
    otherLanguage: 'Polski',
    signedInAs: (email) => `Signed in as ${email}`,
    signOut: 'Sign out',
    backToShop: 'To the shop',
    empty: (email) => `Nothing has been bought with ${email} yet.`,
    emptyHint: 'A purchase made just now appears here within moments.',
    lookAgain: 'Look again',
    otherBuyer: (email) => `The link you followed is for ${email}.`,
    signInAs: (email) => `Sign in as ${email}`,
    notVerifiedTitle: 'Please confirm your e-mail address first',
    notVerified: (email) =>
      `Books are shown only to the owner of the address they were bought with, and ${email} is not confirmed yet.`,
    notVerifiedHow:
      'Open the confirmation mail of your account, then sign in again. Here, in the sandbox, tick “This address is verified” when you sign in.',
    signInAgain: 'Sign in again',
    processing: 'Being prepared',
    active: 'Ready',
    wait: 'Your copy is being made. This takes a few seconds.',
    waitLonger:
      'This takes longer than usual. We have been told and are on it; you get an e-mail once it is ready.',
    refreshes: 'This page refreshes by itself.',
    pause: 'Pause',
    refresh: 'Refresh this page by itself again',
    guest: 'Bought as a guest',
    download: 'Download',
    soon: 'soon',
    unavailable: 'we are mending it',
    bought: 'Bought',
    order: 'Order',
    receipt: 'Receipt',
    openReceipt: 'Open the receipt',
    creditNote: 'Credit note',
    lastDownload: 'Last download',
    never: 'not yet',
    problems: {
      processing: 'This book is still being prepared. Please try again in a moment.',
      gone: 'This book is not on your shelf any more. If that surprises you, please write to us.',
      other: 'The download could not be started. Please try again.',
    },
    messages: {
      signInFailed: {
        title: 'Signing in did not work',
        text: 'It may have taken too long, or been begun in another tab.',
        link: 'Sign in again',
      },
      signedOut: {
        title: 'You have been signed out',
        text: 'Your sign-in does not count any more.',
        link: 'Sign in again',
      },
      foreignForm: {
        title: 'This page was out of date',
        text: 'Nothing has been done. Please open your shelf anew.',
        link: 'Open your shelf',
      },
      unavailable: {
        title: 'Your shelf does not answer right now',
        text: 'Your books are safe. This page tries again by itself.',
        link: 'Try again now',
      },
    },
  },
  pl: {
    title: 'Twoja półka',
    otherLanguage: 'English',
    signedInAs: (email) => `Zalogowano jako ${email}`,
    signOut: 'Wyloguj się',
    backToShop: 'Do sklepu',
    empty: (email) => `Z adresem ${email} nic jeszcze nie kupiono.`,
    emptyHint: 'Zakup sprzed chwili za moment się tu pojawi.',
    lookAgain: 'Sprawdź ponownie',
    otherBuyer: (email) => `Link, który Cię tu przyprowadził, jest dla ${email}.`,
    signInAs: (email) => `Zaloguj się jako ${email}`,
    notVerifiedTitle: 'Najpierw potwierdź swój adres e-mail',
    notVerified: (email) =>
      `Książki pokazujemy tylko właścicielowi adresu, z którym je kupiono, a ${email} nie jest jeszcze potwierdzony.`,
    notVerifiedHow:
      'Otwórz e-mail potwierdzający konto, a potem zaloguj się ponownie. Tu, w piaskownicy, zaznacz przy logowaniu „This address is verified”.',
    signInAgain: 'Zaloguj się ponownie',
    processing: 'W przygotowaniu',
    active: 'Gotowa',
    wait: 'Twój egzemplarz właśnie powstaje. To potrwa kilka sekund.',
    waitLonger:
      'Trwa to dłużej niż zwykle. Wiemy o tym i działamy; gdy książka będzie gotowa, dostaniesz e-mail.',
    refreshes: 'Ta strona odświeża się sama.',
    pause: 'Wstrzymaj',
    refresh: 'Znów odświeżaj tę stronę',
    guest: 'Zakup bez konta',
    download: 'Pobierz',
    soon: 'wkrótce',
    unavailable: 'naprawiamy to',
    bought: 'Kupiono',
    order: 'Zamówienie',
    receipt: 'Potwierdzenie',
    openReceipt: 'Otwórz potwierdzenie zakupu',
    creditNote: 'Potwierdzenie zwrotu',
    lastDownload: 'Ostatnie pobranie',
    never: 'jeszcze nie',
    problems: {
      processing: 'Ta książka jest jeszcze w przygotowaniu. Spróbuj ponownie za chwilę.',
      gone: 'Tej książki nie ma już na Twojej półce. Jeśli to niespodzianka, napisz do nas.',
      other: 'Nie udało się rozpocząć pobierania. Spróbuj ponownie.',
    },
    messages: {
      signInFailed: {
        title: 'Logowanie się nie powiodło',
        text: 'Mogło trwać za długo albo zaczęło się w innej karcie.',
        link: 'Zaloguj się ponownie',
      },
      signedOut: {
        title: 'Nastąpiło wylogowanie',
        text: 'Twoje zalogowanie już nie obowiązuje.',
        link: 'Zaloguj się ponownie',
      },
      foreignForm: {
        title: 'Ta strona była nieaktualna',
        text: 'Nic nie zostało zrobione. Otwórz swoją półkę na nowo.',
        link: 'Otwórz półkę',
      },
      unavailable: {
        title: 'Twoja półka teraz nie odpowiada',
        text: 'Twoje książki są bezpieczne. Ta strona sama spróbuje ponownie.',
        link: 'Spróbuj teraz',
      },
    },
  },
};
