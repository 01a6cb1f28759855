import type { Language } from '../../stripe/pages/frame.ts';

/** The words of the page after the checkout, and those that its script puts in. `{to}` is where the mail goes. */
export interface ThanksTexts {
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
  reference: string;
  goOnPaying: string;
  progressTitle: string;
  live: LiveTexts;
}

/** What the script needs. */
export interface LiveTexts {
  steps: { payment: string; books: string; mail: string };
  states: Record<'received' | 'preparing' | 'ready' | 'waiting_for_payment' | 'ended', string>;
  mailGoing: string;
  mailGone: string;
  done: string;
  underWay: string;
  toCome: string;
  book: Record<'preparing' | 'ready' | 'ended', string>;
  askTitle: string;
  ask: string;
  take: string;
  keep: string;
  taken: string;
  notTaken: string;
  later: string;
}

export const thanksTexts: Record<Language, ThanksTexts> = {
  en: {
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
    reference: 'Checkout session:',
    goOnPaying: 'Go on to the payment',
    progressTitle: 'Your books',
    live: {
      steps: { payment: 'Payment', books: 'Your copies', mail: 'E-mail' },
      states: {
        received: 'Your payment has arrived.',
        preparing: 'Your payment has arrived, and your copies are being made.',
        ready: 'Everything is ready.',
        waiting_for_payment:
          'Your bank is still confirming the payment. You may close this page: we write to you as soon as it has.',
        ended: 'This purchase was taken back, so its books are no longer available.',
      },
      mailGoing: 'goes to {to}',
      mailGone: 'sent to {to}',
      done: 'done',
      underWay: 'under way',
      toCome: 'to come',
      book: { preparing: 'being prepared', ready: 'ready', ended: 'taken back' },
      askTitle: 'Is your e-mail address right?',
      ask: 'You typed {typed}. Did you mean {meant}?',
      take: 'Yes, send it to {meant}',
      keep: 'No, it is right',
      taken: 'Corrected: receipt and links go to {meant}.',
      notTaken: 'The address can no longer be corrected here. Please write to us.',
      later: 'We cannot show the progress right now. Your order is taken care of all the same.',
    },
  },
  pl: {
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
    reference: 'Sesja płatności:',
    goOnPaying: 'Przejdź do płatności',
    progressTitle: 'Twoje książki',
    live: {
      steps: { payment: 'Płatność', books: 'Twoje egzemplarze', mail: 'E-mail' },
      states: {
        received: 'Twoja płatność dotarła.',
        preparing: 'Twoja płatność dotarła, przygotowujemy Twoje egzemplarze.',
        ready: 'Wszystko gotowe.',
        waiting_for_payment:
          'Bank jeszcze potwierdza płatność. Możesz zamknąć tę stronę: napiszemy, gdy tylko płatność dotrze.',
        ended: 'Ten zakup został wycofany, dlatego książki nie są już dostępne.',
      },
      mailGoing: 'wyślemy na {to}',
      mailGone: 'wysłany na {to}',
      done: 'gotowe',
      underWay: 'w toku',
      toCome: 'wkrótce',
      book: { preparing: 'w przygotowaniu', ready: 'gotowa', ended: 'wycofana' },
      askTitle: 'Czy adres e-mail jest poprawny?',
      ask: 'Wpisano {typed}. Czy chodziło o {meant}?',
      take: 'Tak, wyślij na {meant}',
      keep: 'Nie, adres jest poprawny',
      taken: 'Poprawione: potwierdzenie i linki wyślemy na {meant}.',
      notTaken: 'Tego adresu nie można już tu poprawić. Napisz do nas, proszę.',
      later: 'Nie możemy teraz pokazać postępu. Twoje zamówienie i tak jest w toku.',
    },
  },
};
