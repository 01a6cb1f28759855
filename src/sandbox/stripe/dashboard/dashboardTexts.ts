import type { Language } from '../pages/frame.ts';
import type { DisputeStatus, RefundStatus } from '../objects/shapes.ts';

/** The words of the pages where one plays the bank. */
export interface DashboardTexts {
  title: string;
  intro: string;
  otherLanguage: string;
  search: string;
  find: string;
  empty: string;
  payment: string;
  buyer: string;
  when: string;
  amount: string;
  state: string;
  back: string;
  lines: string;
  total: string;
  refunded: string;
  disputed: string;
  paid: string;
  waiting: string;
  refused: string;
  settleTitle: string;
  settleYes: string;
  settleNo: string;
  refundTitle: string;
  refundAll: string;
  refundPart: string;
  refundPartHint: string;
  moneyHeld: string;
  whichLine: string;
  noLine: string;
  pendingFirst: string;
  nothingLeft: string;
  refunds: string;
  refundOutcome: Record<RefundStatus, string>;
  refundStatus: Record<RefundStatus, string>;
  disputeTitle: string;
  openDispute: string;
  openInquiry: string;
  disputes: string;
  disputeOutcome: Partial<Record<DisputeStatus, string>>;
  disputeStatus: Record<DisputeStatus, string>;
  events: string;
  eventsIntro: string;
  notDelivered: string;
  badAmount: string;
}

export const dashboardTexts: Record<Language, DashboardTexts> = {
  en: {
    title: 'Payments',
    intro:
      'Here you play the shop in Stripe’s Dashboard, and the bank. Every button sends the events Stripe would.',
    otherLanguage: 'Polski',
    search: 'E-mail or payment',
    find: 'Find',
    empty: 'No payment here.',
    payment: 'Payment',
    buyer: 'Buyer',
    when: 'When',
    amount: 'Amount',
    state: 'State',
    back: 'All payments',
    lines: 'Bought',
    total: 'Total',
    refunded: 'refunded',
    disputed: 'disputed',
    paid: 'paid',
    waiting: 'the bank has not answered yet',
    refused: 'refused by the bank',
    settleTitle: 'The bank’s answer',
    settleYes: 'The payment succeeds',
    settleNo: 'The payment fails',
    refundTitle: 'Refund',
    refundAll: 'Refund in full',
    refundPart: 'Refund a part',
    refundPartHint: 'the line’s price',
    moneyHeld: 'The bank holds the money: a payment in dispute cannot be refunded.',
    whichLine: 'Said to be for',
    noLine: 'no line in particular',
    pendingFirst: 'The bank takes its time (pending)',
    nothingLeft: 'Nothing is left to refund.',
    refunds: 'Refunds',
    refundOutcome: {
      pending: 'Is pending again',
      requires_action: 'Waits for the buyer',
      succeeded: 'Succeeds',
      failed: 'Fails',
      canceled: 'Is canceled',
    },
    refundStatus: {
      pending: 'pending',
      requires_action: 'waits for the buyer',
      succeeded: 'succeeded',
      failed: 'failed',
      canceled: 'canceled',
    },
    disputeTitle: 'Dispute',
    openDispute: 'The buyer disputes it',
    openInquiry: 'The bank only asks (inquiry)',
    disputes: 'Disputes',
    disputeOutcome: {
      under_review: 'The bank reviews it',
      won: 'The shop wins',
      lost: 'The shop loses',
      needs_response: 'Becomes a dispute',
      warning_closed: 'The inquiry is closed',
    },
    disputeStatus: {
      warning_needs_response: 'inquiry, needs a response',
      warning_under_review: 'inquiry, under review',
      warning_closed: 'inquiry, closed',
      needs_response: 'needs a response',
      under_review: 'under review',
      won: 'won',
      lost: 'lost',
      appeal_needs_response: 'appeal, needs a response',
      appeal_under_review: 'appeal, under review',
      prevented: 'prevented',
    },
    events: 'Events',
    eventsIntro: 'What Stripe told about this payment, newest first.',
    notDelivered: 'not delivered yet',
    badAmount: 'That is no amount of this currency. Please write it like 12.50.',
  },
  pl: {
    title: 'Płatności',
    intro:
      'Tutaj jesteś sklepem w panelu Stripe oraz bankiem. Każdy przycisk wysyła zdarzenia, które wysłałby Stripe.',
    otherLanguage: 'English',
    search: 'E-mail lub płatność',
    find: 'Szukaj',
    empty: 'Nie ma tu płatności.',
    payment: 'Płatność',
    buyer: 'Kupujący',
    when: 'Kiedy',
    amount: 'Kwota',
    state: 'Stan',
    back: 'Wszystkie płatności',
    lines: 'Kupiono',
    total: 'Razem',
    refunded: 'zwrócono',
    disputed: 'reklamacja w banku',
    paid: 'opłacona',
    waiting: 'bank jeszcze nie odpowiedział',
    refused: 'odrzucona przez bank',
    settleTitle: 'Odpowiedź banku',
    settleYes: 'Płatność się udaje',
    settleNo: 'Płatność się nie udaje',
    refundTitle: 'Zwrot',
    refundAll: 'Zwróć całość',
    refundPart: 'Zwróć część',
    refundPartHint: 'cena pozycji',
    moneyHeld: 'Pieniądze trzyma bank: reklamowanej płatności nie można zwrócić.',
    whichLine: 'Dotyczy pozycji',
    noLine: 'bez wskazania pozycji',
    pendingFirst: 'Bank potrzebuje czasu (w toku)',
    nothingLeft: 'Nie ma już czego zwracać.',
    refunds: 'Zwroty',
    refundOutcome: {
      pending: 'Znów w toku',
      requires_action: 'Czeka na kupującego',
      succeeded: 'Udaje się',
      failed: 'Nie udaje się',
      canceled: 'Zostaje anulowany',
    },
    refundStatus: {
      pending: 'w toku',
      requires_action: 'czeka na kupującego',
      succeeded: 'wykonany',
      failed: 'nieudany',
      canceled: 'anulowany',
    },
    disputeTitle: 'Reklamacja w banku',
    openDispute: 'Kupujący reklamuje płatność',
    openInquiry: 'Bank tylko pyta',
    disputes: 'Reklamacje',
    disputeOutcome: {
      under_review: 'Bank rozpatruje',
      won: 'Sklep wygrywa',
      lost: 'Sklep przegrywa',
      needs_response: 'Staje się reklamacją',
      warning_closed: 'Pytanie zamknięte',
    },
    disputeStatus: {
      warning_needs_response: 'pytanie banku, czeka na odpowiedź',
      warning_under_review: 'pytanie banku, rozpatrywane',
      warning_closed: 'pytanie banku, zamknięte',
      needs_response: 'czeka na odpowiedź',
      under_review: 'rozpatrywana',
      won: 'wygrana',
      lost: 'przegrana',
      appeal_needs_response: 'odwołanie, czeka na odpowiedź',
      appeal_under_review: 'odwołanie, rozpatrywane',
      prevented: 'zapobieżono',
    },
    events: 'Zdarzenia',
    eventsIntro: 'Co Stripe powiedział o tej płatności, od najnowszych.',
    notDelivered: 'jeszcze niedoręczone',
    badAmount: 'To nie jest kwota w tej walucie. Wpisz ją na przykład tak: 12,50.',
  },
};
