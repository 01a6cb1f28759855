import type { Language } from '../../domain/order.ts';
import { polishForm } from './polishForm.ts';

/** The texts of the mails that help a guest to take their ebooks into an account. */
export interface ClaimWords {
  inviteSubject: (books: number, orderId: string) => string;
  inviteHeading: (books: number) => string;
  inviteLead: (books: number) => string;
  signInFirst: string;
  signIn: string;
  typeCode: string;
  enterCode: string;
  validUntil: (minutes: number, moment: string) => string;
  keepSecret: string;
  notYou: (support: string) => string;
  remindSubject: (books: number, orderId: string) => string;
  remindHeading: (books: number) => string;
  remindLead: (books: number) => string;
  remindHow: string;
  inviteHow: string;
  choosePassword: string;
  claimNow: string;
  yoursAnyway: (books: number) => string;
  firstOfTwo: string;
  last: string;
  stopAsking: string;
  stopHow: string;
  books: (books: number) => string;
  moreBooks: (books: number) => string;
  untitled: string;
  mergedSubject: (orderId: string) => string;
  mergedHeading: string;
  mergedLead: string;
  mergedNote: string;
}

const english: ClaimWords = {
  inviteSubject: (books, orderId) =>
    `Take your ${books === 1 ? 'ebook' : 'ebooks'} into your account – order ${orderId}`,
  inviteHeading: (books) => `Take your ${books === 1 ? 'ebook' : 'ebooks'} into your account`,
  inviteLead: (books) =>
    books === 1
      ? 'You bought this title as a guest. In an account you will always find it, with fresh download links.'
      : 'You bought these titles as a guest. In an account you will always find them, with fresh download links.',
  signInFirst: '1. Go back to the page where this code was asked for, signed in to the same account:',
  signIn: 'Open the page',
  typeCode: '2. Type this code there:',
  enterCode: 'Open the page for the code',
  validUntil: (minutes, moment) =>
    `The code works once, within ${minutes === 1 ? '1 minute' : `${minutes} minutes`}: until ${moment}.`,
  keepSecret: 'Tell it to nobody. We will never ask you for it by phone or e-mail.',
  notYou: (support) =>
    `If you did not ask for this, do nothing: without the code nothing changes. If it happens again, write to ${support}.`,
  remindSubject: (books, orderId) =>
    `${books === 1 ? 'Your ebook is' : 'Your ebooks are'} waiting for you – order ${orderId}`,
  remindHeading: (books) =>
    books === 1 ? 'Your ebook is waiting for you' : 'Your ebooks are waiting for you',
  remindLead: (books) =>
    books === 1
      ? 'You bought this title as a guest. Take it into an account, and you will always find it on your shelf.'
      : 'You bought these titles as a guest. Take them into an account, and you will always find them on your shelf.',
  remindHow:
    'Sign in on the page below. With this address you find your books there at once; with another one ask for a code: we will send it to this address.',
  inviteHow:
    'An account with this address waits for you: choose a password on the page below, within five days, and sign in. Your books are there at once.',
  choosePassword: 'Choose a password',
  claimNow: 'Open the page',
  yoursAnyway: (books) =>
    books === 1
      ? 'You need no account to keep your ebook: it stays yours.'
      : 'You need no account to keep your ebooks: they stay yours.',
  firstOfTwo: 'If you do nothing, we will remind you once more.',
  last: 'This is the last time that we remind you.',
  stopAsking: 'No more reminders about this order, please',
  stopHow: 'No more reminders about this order:',
  books: (books) => (books === 1 ? 'Your ebook:' : 'Your ebooks:'),
  moreBooks: (books) =>
    `And ${books} more ${books === 1 ? 'title' : 'titles'}, named in the text version of this message.`,
  untitled: 'Ebook',
  mergedSubject: (orderId) => `Your ebooks are on one shelf now – order ${orderId}`,
  mergedHeading: 'Your ebooks are on one shelf now',
  mergedLead:
    'As you asked us to, we have put together what was bought with two e-mail addresses. Nothing was lost, and the links in your mails keep working.',
  mergedNote: 'If you did not ask for this, please write to us at once.',
};

const polish: ClaimWords = {
  inviteSubject: (books, orderId) =>
    `Przenieś ${books === 1 ? 'swój e-book' : 'swoje e-booki'} na konto – zamówienie ${orderId}`,
  inviteHeading: (books) => `Przenieś ${books === 1 ? 'swój e-book' : 'swoje e-booki'} na konto`,
  inviteLead: (books) =>
    books === 1
      ? 'Ten tytuł kupiono bez zakładania konta. Na koncie zawsze go znajdziesz, razem z nowymi linkami do pobrania.'
      : 'Te tytuły kupiono bez zakładania konta. Na koncie zawsze je znajdziesz, razem z nowymi linkami do pobrania.',
  signInFirst: '1. Wróć na stronę, na której poproszono o ten kod, na tym samym koncie:',
  signIn: 'Otwórz stronę',
  typeCode: '2. Wpisz tam ten kod:',
  enterCode: 'Otwórz stronę do wpisania kodu',
  validUntil: (minutes, moment) =>
    `Kod działa tylko raz, przez ${polishForm(minutes, { one: '1 minutę', few: `${minutes} minuty`, many: `${minutes} minut` })}: do ${moment}.`,
  keepSecret: 'Nie podawaj go nikomu. Nigdy nie poprosimy o niego przez telefon ani w wiadomości.',
  notYou: (support) =>
    `To nie była Twoja prośba? Nie musisz nic robić: bez kodu nic się nie zmieni. Jeśli to się powtórzy, napisz na adres ${support}.`,
  remindSubject: (books, orderId) =>
    `${books === 1 ? 'Twój e-book czeka' : 'Twoje e-booki czekają'} na przeniesienie na konto – zamówienie ${orderId}`,
  remindHeading: (books) => (books === 1 ? 'Twój e-book czeka' : 'Twoje e-booki czekają'),
  remindLead: (books) =>
    books === 1
      ? 'Ten tytuł kupiono bez zakładania konta. Przenieś go na konto, a zawsze znajdziesz go na swojej półce.'
      : 'Te tytuły kupiono bez zakładania konta. Przenieś je na konto, a zawsze znajdziesz je na swojej półce.',
  remindHow:
    'Zaloguj się na poniższej stronie. Tym adresem – książki będą tam od razu; innym – poproś o kod: wyślemy go na ten adres.',
  inviteHow:
    'Konto z tym adresem już na Ciebie czeka: w ciągu pięciu dni ustaw hasło na poniższej stronie i zaloguj się. Książki będą tam od razu.',
  choosePassword: 'Ustaw hasło',
  claimNow: 'Otwórz stronę',
  yoursAnyway: (books) =>
    books === 1
      ? 'Konto nie jest konieczne: e-book i tak pozostaje Twój.'
      : 'Konto nie jest konieczne: e-booki i tak pozostają Twoje.',
  firstOfTwo: 'Jeśli nic nie zrobisz, przypomnimy jeszcze raz.',
  last: 'To ostatnie przypomnienie.',
  stopAsking: 'Nie przypominajcie mi więcej o tym zamówieniu',
  stopHow: 'Rezygnacja z przypomnień o tym zamówieniu:',
  books: (books) => (books === 1 ? 'Twój e-book:' : 'Twoje e-booki:'),
  moreBooks: (books) =>
    polishForm(books, {
      one: 'I jeszcze 1 tytuł, wymieniony w tekstowej wersji tej wiadomości.',
      few: `I jeszcze ${books} tytuły, wymienione w tekstowej wersji tej wiadomości.`,
      many: `I jeszcze ${books} tytułów, wymienionych w tekstowej wersji tej wiadomości.`,
    }),
  untitled: 'E-book',
  mergedSubject: (orderId) => `Twoje e-booki są teraz na jednej półce – zamówienie ${orderId}`,
  mergedHeading: 'Twoje e-booki są teraz na jednej półce',
  mergedLead:
    'Zgodnie z prośbą połączyliśmy zakupy z dwóch adresów e-mail. Nic nie zginęło, a linki z wiadomości nadal działają.',
  mergedNote: 'Jeśli to nie była Twoja prośba, napisz do nas jak najszybciej.',
};

/** The texts of the claim mails in one language. */
export function claimWords(language: Language): ClaimWords {
  return language === 'pl' ? polish : english;
}
