import { html } from '../../domain/html.ts';
import type { Html } from '../../domain/html.ts';
import { localeOf } from '../../domain/locale.ts';
import { formatMoney } from '../../domain/money.ts';
import type { Order } from '../../domain/order.ts';
import { printableText } from '../../domain/printableText.ts';
import type { ShopIdentity } from '../../domain/shop.ts';
import type { CreditNoteKind, Notice } from '../../ports/settling.ts';
import { bookLines, bookList, booksOf } from './books.ts';
import type { Book, DownloadLink } from './books.ts';
import { footer, footerOf, footerText, untilAndShelf, untilAndShelfText } from './closing.ts';
import { factLines, factList } from './facts.ts';
import type { MailFact } from './facts.ts';
import { heading, htmlBudgetBytes, mailPage, note, paragraph, webAddress } from './layout.ts';
import type { MailContent } from './layout.ts';
import { noticeWords } from './noticeWords.ts';
import { titleLines, titleList, titleOf } from './titles.ts';
import { mailWords } from './words.ts';

export interface NoticeMailInput {
  notice: Notice;
  /** With all its lines, also those that are taken. */
  order: Order;
  /** To what the buyer has again. */
  links: readonly DownloadLink[];
  creditNote: { kind: CreditNoteKind; number: string; url: string } | null;
  /** Of access that is restored: it may have ended before the mail with the receipt could go out. */
  receipt?: { number: string; url: string } | null;
  shelfUrl: string;
  /** When the links end. */
  expiresAt: Date;
  shop: ShopIdentity;
}

interface Story {
  subject: string;
  title: string;
  lead: string;
  /** What the buyer may do or expect; below the titles. */
  next: string | null;
  /** Lines whose titles have gone. */
  taken: Order['lines'];
  /** Titles that are there again. */
  given: Book[];
}

/** Bytes that frame, facts and footer need at most. */
const frameBytes = 14_000;

/** A change of the payment, told once: money sent back, money that came back to us, access ended or restored. */
export function noticeMail(input: NoticeMailInput): MailContent {
  const { order, shop } = input;
  const { language } = order.buyer;
  const story = storyOf(input);
  const { subject, title, lead } = story;
  const facts = factsOf(input);
  const content = html`${heading(title)} ${paragraph(lead)} ${titlesTaken(story, input)}
  ${titlesGiven(story, input)} ${story.next !== null && note(story.next)} ${factList(facts)}`;
  return {
    subject,
    html: mailPage({ language, shop, subject, preview: lead, content, footer: footer(footerOf(input)) }),
    text: [
      title,
      lead,
      ...titlesText(story, input),
      ...(story.next === null ? [] : [story.next]),
      factLines(facts),
      `—\n${footerText(footerOf(input))}\n`,
    ].join('\n\n'),
  };
}

function storyOf({ notice, order, links }: NoticeMailInput): Story {
  const words = noticeWords(order.buyer.language);
  const lines = order.lines.filter(({ lineNo }) => notice.lines.includes(lineNo));
  const given = booksOf({ lines }, links);
  switch (notice.kind) {
    case 'refund':
      return {
        subject: words.refundSubject(order.orderId),
        title: words.refundHeading,
        lead: `${words.refundLead(amountOf(notice, order))} ${words.refundWhen}`,
        next: lines.length === 0 ? words.refundKeeps(order.lines.length) : null,
        taken: lines,
        given: [],
      };
    case 'refund_failed':
      return {
        subject: words.failedSubject(order.orderId),
        title: words.failedHeading,
        lead: `${words.failedLead(amountOf(notice, order))} ${words.failedNext}`,
        next: null,
        taken: [],
        given,
      };
    case 'access_ended':
      return {
        subject: words.endedSubject(order.orderId, lines.length),
        title: words.endedHeading,
        lead: words.endedLead,
        next: words.endedNext,
        taken: lines,
        given: [],
      };
    case 'access_restored':
      return {
        subject: words.restoredSubject(order.orderId, lines.length),
        title: words.restoredHeading(lines.length),
        lead: words.restoredLead,
        next: null,
        taken: [],
        given,
      };
  }
}

const amountOf = ({ amount, currency }: { amount: number; currency: string }, { buyer }: Order) =>
  formatMoney({ amountMinor: amount, currency }, localeOf(buyer.language));

const budgetBytes = htmlBudgetBytes - frameBytes;

function titlesTaken({ taken }: Story, { order }: NoticeMailInput): Html | false {
  if (taken.length === 0) return false;
  const words = noticeWords(order.buyer.language);
  return html`${paragraph(words.taken(taken.length))}
  ${titleList(taken.map(titleOf), { more: words.moreBooks, budgetBytes })}`;
}

function titlesGiven({ given }: Story, input: NoticeMailInput): Html | false {
  if (given.length === 0) return false;
  const { language } = input.order.buyer;
  const words = mailWords(language);
  return html`${paragraph(noticeWords(language).given(given.length))}
  ${bookList(given, { words, shop: input.shop, budgetBytes })} ${untilAndShelf(input)}`;
}

function titlesText({ taken, given }: Story, input: NoticeMailInput): string[] {
  const { language } = input.order.buyer;
  const words = noticeWords(language);
  if (taken.length > 0) return [`${words.taken(taken.length)}\n${titleLines(taken.map(titleOf))}`];
  if (given.length === 0) return [];
  return [words.given(given.length), bookLines(given, mailWords(language)), untilAndShelfText(input)];
}

function factsOf({ notice, order, creditNote, receipt }: NoticeMailInput): MailFact[] {
  const words = noticeWords(order.buyer.language);
  const facts: MailFact[] = [{ label: mailWords(order.buyer.language).order, text: order.orderId }];
  if (notice.kind === 'refund' || notice.kind === 'refund_failed') {
    const label = notice.kind === 'refund' ? words.refunded : words.notRefunded;
    facts.push({ label, text: amountOf(notice, order) });
  }
  if (creditNote) {
    const label = creditNote.kind === 'credit' ? words.creditNote : words.reversal;
    facts.push({ label, text: printableText(creditNote.number, 60), url: webAddress(creditNote.url) });
  }
  if (receipt) {
    const label = mailWords(order.buyer.language).receipt;
    facts.push({ label, text: printableText(receipt.number, 60), url: webAddress(receipt.url) });
  }
  return facts;
}
