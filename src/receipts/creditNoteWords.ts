import type { Language } from '../domain/order.ts';
import type { CreditNoteDocument } from './creditNote.ts';

/** The texts that differ between a credit note and its reversal. */
interface KindWords {
  title: string;
  notices: string[];
  lineTotal: string;
  total: string;
  legalNote: string;
}

/**
 * The texts of a credit note that a receipt does not have. The Polish names follow the receipt's: a correction of a
 * confirmation of payment, and no correcting VAT invoice.
 */
export interface CreditNoteWords extends Record<CreditNoteDocument['kind'], KindWords> {
  testMode: string;
  corrects: string;
  takesBack: string;
  /** "R-2026/000123 of 24 November 2026". */
  reference: (number: string, day: string) => string;
  paid: string;
  partOfSum: string;
  receiptTotal: string;
  taxWithin: string;
  refund: string;
}

const english: CreditNoteWords = {
  credit: {
    title: 'Credit note',
    notices: [],
    lineTotal: 'Refunded',
    total: 'Total refunded',
    legalNote: 'This document confirms a refund. It is not a VAT credit note or a fiscal document.',
  },
  reversal: {
    title: 'Reversal of a credit note',
    notices: ['The refund failed, and the money has come back to us. The credit note no longer counts.'],
    lineTotal: 'Taken back',
    total: 'Total taken back',
    legalNote: 'This document takes back a credit note. It is not a VAT credit note or a fiscal document.',
  },
  testMode: 'Test mode: no money was moved.',
  corrects: 'Corrects receipt',
  takesBack: 'Takes back credit note',
  reference: (number, day) => `${number} of\u00A0${day}`,
  paid: 'Paid',
  partOfSum: 'Partial refund of the order',
  receiptTotal: 'Originally paid',
  taxWithin: 'Tax in the refund',
  refund: 'Refund reference',
};

const polish: CreditNoteWords = {
  credit: {
    title: 'Potwierdzenie zwrotu',
    notices: [],
    lineTotal: 'Zwrot',
    total: 'Zwrócono',
    legalNote: 'Dokument potwierdza zwrot zapłaty. Nie jest fakturą korygującą VAT ani dokumentem fiskalnym.',
  },
  reversal: {
    title: 'Anulowanie potwierdzenia zwrotu',
    notices: ['Zwrot nie powiódł się i pieniądze wróciły do nas. Potwierdzenie zwrotu jest nieważne.'],
    lineTotal: 'Anulowano',
    total: 'Anulowano',
    legalNote:
      'Dokument anuluje potwierdzenie zwrotu. Nie jest fakturą korygującą VAT ani dokumentem fiskalnym.',
  },
  testMode: 'Tryb testowy: nie zwrócono żadnych pieniędzy.',
  corrects: 'Koryguje potwierdzenie zapłaty',
  takesBack: 'Anuluje potwierdzenie zwrotu',
  reference: (number, day) => `${number} z\u00A0dnia\u00A0${day}`,
  paid: 'Zapłacono',
  partOfSum: 'Częściowy zwrot za zamówienie',
  receiptTotal: 'Pierwotnie zapłacono',
  taxWithin: 'Podatek w kwocie zwrotu',
  refund: 'Identyfikator zwrotu',
};

/** The texts of a credit note in one language. */
export function creditNoteWords(language: Language): CreditNoteWords {
  return language === 'pl' ? polish : english;
}
