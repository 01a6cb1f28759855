import type { Order } from '../../src/domain/order.ts';
import { addressChangedMail } from '../../src/mail/templates/addressChangedMail.ts';
import type { DownloadLink } from '../../src/mail/templates/books.ts';
import { claimInvitationMail } from '../../src/mail/templates/claimInvitationMail.ts';
import { claimReminderMail } from '../../src/mail/templates/claimReminderMail.ts';
import { filesReadyMail, grantedMail, newLinksMail } from '../../src/mail/templates/filesReadyMail.ts';
import type { MailContent } from '../../src/mail/templates/layout.ts';
import { noticeMail } from '../../src/mail/templates/noticeMail.ts';
import { receiptMail } from '../../src/mail/templates/receiptMail.ts';
import type { Notice } from '../../src/ports/settling.ts';
import { shop } from './sale.ts';

const linksOf = ({ lines }: Order): DownloadLink[] =>
  lines.map(({ lineNo, title }) => ({
    lineNo,
    title,
    format: 'pdf',
    url: `https://lektura.example/d/${lineNo}`,
  }));

const sharedOf = (order: Order) => ({
  order,
  links: linksOf(order),
  shelfUrl: 'https://lektura.example/shelf',
  expiresAt: new Date('2026-11-26T22:05:00Z'),
  shop,
});

const noticed = (order: Order, notice: object) =>
  noticeMail({
    ...sharedOf(order),
    creditNote: null,
    notice: { key: 'x', lines: order.lines.map(({ lineNo }) => lineNo), ...notice } as Notice,
  });

const money = { refundId: 're_1', amount: 4900, currency: 'pln' };

const claimedOf = ({ orderId, lines, buyer }: Order) => ({
  orderId,
  titles: lines.map(({ title }) => title),
  language: buyer.language,
  shop,
});

/** Every template that shows what was bought, of one order. */
export const templates: Record<string, (order: Order) => MailContent> = {
  receipt: (order) =>
    receiptMail({
      ...sharedOf(order),
      receipt: { number: 'R-2026/000123' },
      receiptUrl: 'https://lektura.example/r/abc',
      filesPending: false,
    }),
  files_ready: (order) => filesReadyMail(sharedOf(order)),
  granted: (order) => grantedMail(sharedOf(order)),
  new_links: (order) => newLinksMail(sharedOf(order)),
  refund: (order) => noticed(order, { kind: 'refund', ...money }),
  refund_failed: (order) => noticed(order, { kind: 'refund_failed', ...money }),
  access_ended: (order) => noticed(order, { kind: 'access_ended' }),
  access_restored: (order) => noticed(order, { kind: 'access_restored' }),
  claim_invitation: (order) =>
    claimInvitationMail({
      ...claimedOf(order),
      code: '7XK4M2QP',
      codeMinutes: 15,
      codeExpiresAt: new Date('2026-11-26T22:05:00Z'),
      signInUrl: 'https://lektura.example/sign-in',
      codeUrl: 'https://lektura.example/claim',
    }),
  claim_reminder: (order) =>
    claimReminderMail({
      ...claimedOf(order),
      reminder: 'first',
      invited: false,
      claimUrl: 'https://lektura.example/claim',
      stopUrl: 'https://lektura.example/claim/reminders/abc',
    }),
};

/** Every template: also the one to an address that was given up, which shows nothing of the order but its number. */
export const allTemplates: Record<string, (order: Order) => MailContent> = {
  ...templates,
  address_changed: (order) => addressChangedMail({ order, shop }),
};

const characters: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

/** What a browser makes of it: tags are tags, everything else is text. */
export const readOf = (html: string) =>
  html
    .replace(/<head>[\s\S]*?<\/head>/, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => characters[name] ?? '')
    .replace(/[ \n\t]+/g, ' ');
