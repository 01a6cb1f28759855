import type { Language } from '../../domain/order.ts';
import { polishForm } from './polishForm.ts';

/** The texts of the mails that tell of a change of the payment. Amounts are written out, with their currency. */
export interface NoticeWords {
  refundSubject: (orderId: string) => string;
  refundHeading: string;
  refundLead: (amount: string) => string;
  /**
   * Stripe: a refund goes to the bank at once and shows there after 5–10 business days at most, or as a reversal, where the
   * payment disappears (support.stripe.com/questions/how-long-refunds-take-to-process); with some cards it shows in real
   * time (stripe.com/docs/refunds). So nothing is promised but the longest.
   */
  refundWhen: string;
  refundKeeps: (books: number) => string;
  failedSubject: (orderId: string) => string;
  failedHeading: string;
  failedLead: (amount: string) => string;
  failedNext: string;
  endedSubject: (orderId: string, books: number) => string;
  endedHeading: string;
  endedLead: string;
  endedNext: string;
  restoredSubject: (orderId: string, books: number) => string;
  restoredHeading: (books: number) => string;
  restoredLead: string;
  taken: (books: number) => string;
  given: (books: number) => string;
  moreBooks: (books: number) => string;
  refunded: string;
  notRefunded: string;
  creditNote: string;
  reversal: string;
}

const againInEnglish = (books: number) =>
  books === 1 ? 'Your ebook is available again' : 'Your ebooks are available again';

const againInPolish = (books: number) =>
  books === 1 ? 'Twój e-book jest znów dostępny' : 'Twoje e-booki są znów dostępne';

const english: NoticeWords = {
  refundSubject: (orderId) => `Your refund – order ${orderId}`,
  refundHeading: 'Your refund is on its way',
  refundLead: (amount) => `We have sent ${amount} back to the payment method that you used.`,
  refundWhen:
    'Depending on your bank, it can take up to 10 working days to show. Sometimes the original payment simply disappears from your statement instead.',
  refundKeeps: (books) => `Nothing changes for your ${books === 1 ? 'ebook' : 'ebooks'}.`,
  failedSubject: (orderId) => `Your refund did not go through – order ${orderId}`,
  failedHeading: 'Your refund did not go through',
  failedLead: (amount) =>
    `We had sent ${amount} back, but your bank did not accept it and returned it to us.`,
  failedNext: 'Please write to us, so that we can find another way to pay you back.',
  endedSubject: (orderId, books) =>
    `Access to your ${books === 1 ? 'ebook' : 'ebooks'} has ended – order ${orderId}`,
  endedHeading: 'Access has ended',
  endedLead: 'The payment for this order was returned or is disputed.',
  endedNext:
    'Once the payment is confirmed again, we will restore your access and write to you. If this is a mistake, please write to us.',
  restoredSubject: (orderId, books) => `${againInEnglish(books)} – order ${orderId}`,
  restoredHeading: (books) => againInEnglish(books),
  restoredLead: 'The payment for your order is settled.',
  taken: (books) =>
    books === 1 ? 'This title can no longer be downloaded:' : 'These titles can no longer be downloaded:',
  given: (books) =>
    books === 1
      ? 'You have access to your ebook again. Here are new links.'
      : 'You have access to your ebooks again. Here are new links.',
  moreBooks: (books) =>
    `And ${books} more ${books === 1 ? 'title' : 'titles'}, named in the text version of this message.`,
  refunded: 'Refunded',
  notRefunded: 'Not refunded',
  creditNote: 'Credit note',
  reversal: 'Reversal of the credit note',
};

const polish: NoticeWords = {
  refundSubject: (orderId) => `Zwrot pieniędzy – zamówienie ${orderId}`,
  refundHeading: 'Zwracamy Ci pieniądze',
  refundLead: (amount) => `Odesłaliśmy ${amount} tą samą drogą, którą przyszła Twoja wpłata.`,
  refundWhen:
    'Zależnie od banku może to potrwać do 10 dni roboczych. Czasem zamiast zwrotu z wyciągu po prostu znika pierwotna płatność.',
  refundKeeps: (books) =>
    `W dostępie do ${books === 1 ? 'Twojego e-booka' : 'Twoich e-booków'} nic się nie zmienia.`,
  failedSubject: (orderId) => `Zwrot nie powiódł się – zamówienie ${orderId}`,
  failedHeading: 'Zwrot nie powiódł się',
  failedLead: (amount) =>
    `Odesłaliśmy ${amount}, ale Twój bank nie przyjął zwrotu i pieniądze wróciły do nas.`,
  failedNext: 'Napisz do nas, a znajdziemy inny sposób, by zwrócić Ci pieniądze.',
  endedSubject: (orderId, books) =>
    `Koniec dostępu do ${books === 1 ? 'e-booka' : 'e-booków'} – zamówienie ${orderId}`,
  endedHeading: 'Dostęp został zamknięty',
  endedLead: 'Płatność za to zamówienie została zwrócona lub zakwestionowana.',
  endedNext:
    'Gdy płatność zostanie ponownie potwierdzona, przywrócimy dostęp i napiszemy do Ciebie. Jeśli to pomyłka, napisz do nas.',
  restoredSubject: (orderId, books) => `${againInPolish(books)} – zamówienie ${orderId}`,
  restoredHeading: (books) => againInPolish(books),
  restoredLead: 'Sprawa płatności za Twoje zamówienie jest wyjaśniona.',
  taken: (books) =>
    books === 1 ? 'Tego tytułu nie można już pobierać:' : 'Tych tytułów nie można już pobierać:',
  given: (books) =>
    books === 1
      ? 'Znów masz dostęp do swojego e-booka. Oto nowe linki.'
      : 'Znów masz dostęp do swoich e-booków. Oto nowe linki.',
  moreBooks: (books) =>
    polishForm(books, {
      one: 'I jeszcze 1 tytuł, wymieniony w tekstowej wersji tej wiadomości.',
      few: `I jeszcze ${books} tytuły, wymienione w tekstowej wersji tej wiadomości.`,
      many: `I jeszcze ${books} tytułów, wymienionych w tekstowej wersji tej wiadomości.`,
    }),
  refunded: 'Zwrócono',
  notRefunded: 'Nie zwrócono',
  creditNote: 'Potwierdzenie zwrotu',
  reversal: 'Anulowanie potwierdzenia zwrotu',
};

/** The texts of notices in one language. */
export function noticeWords(language: Language): NoticeWords {
  return language === 'pl' ? polish : english;
}
