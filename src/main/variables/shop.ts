import { languages } from '../../domain/order.ts';
import { emailAddress, oneOf, pattern, readAs, timeZone, webUrl, words } from './kinds.ts';
import { senderName } from './mailSenderName.ts';
import { running, type Section } from './variable.ts';

const addressLines = readAs((text, refuse) => {
  const lines = text.split('|').flatMap(partsOfLine);
  if (/\p{Cc}/u.test(text)) return refuse('must not contain control characters; separate lines by |');
  return lines.length >= 1 && lines.length <= 8 ? lines : refuse('must have 1 to 8 lines, separated by |');
});

function partsOfLine(line: string): string[] {
  return line.trim() === '' ? [] : [line.trim()];
}

export const shop = {
  title: 'Shop, as buyers see it in mails and on pages',
  variables: {
    SHOP_NAME: {
      purpose: 'Name of the shop, also as the sender of its mails.',
      example: 'Books of Example',
      commands: running,
      schema: senderName(100),
    },
    SHOP_SUPPORT_EMAIL: {
      purpose: 'Where buyers ask for help.',
      example: 'help@books.example',
      commands: running,
      schema: emailAddress,
    },
    SHOP_COLOUR: {
      purpose: "The shop's colour, for headings and buttons.",
      example: '#1f4e5f',
      default: '#1f4e5f',
      commands: running,
      schema: pattern(/^#[0-9a-f]{6}$/i, 'must be a colour in the form #rrggbb'),
    },
    SHOP_LANGUAGE: {
      purpose: 'Language for buyers whose own is not known.',
      example: 'en',
      default: 'en',
      commands: running,
      schema: oneOf(languages),
    },
    TIME_ZONE: {
      purpose: 'Time zone in which days of receipts begin and times are told; IANA name.',
      example: 'Europe/Warsaw',
      default: 'UTC',
      commands: running,
      schema: timeZone,
    },
  },
} as const satisfies Section;

export const seller = {
  title: 'Seller, as printed on receipts',
  variables: {
    SELLER_NAME: {
      purpose: 'Legal name of the seller.',
      example: 'Books of Example Sp. z o.o.',
      commands: running,
      schema: words(200),
    },
    SELLER_ADDRESS: {
      purpose: 'Postal address, its lines separated by |.',
      example: 'ul. Przykładowa 1|00-001 Warszawa|Poland',
      commands: running,
      schema: addressLines,
    },
    SELLER_TAX_ID: {
      purpose: 'Tax id of the seller, for example an EU VAT number.',
      example: 'PL1234567890',
      optional: true,
      commands: running,
      schema: words(60),
    },
    SELLER_EMAIL: {
      purpose: 'Address of the seller on receipts; SHOP_SUPPORT_EMAIL when absent.',
      example: 'office@books.example',
      optional: true,
      commands: running,
      schema: emailAddress,
    },
    SELLER_WEBSITE: {
      purpose: 'Website of the seller on receipts.',
      example: 'https://books.example',
      optional: true,
      commands: running,
      schema: webUrl,
    },
    RECEIPT_SERIES_PREFIX: {
      purpose: 'First part of receipt numbers, for example R in R-2026/000001.',
      example: 'R',
      default: 'R',
      commands: running,
      schema: pattern(/^[A-Z0-9]{1,8}$/, 'must have 1 to 8 characters of A–Z and 0–9'),
    },
    CREDIT_NOTE_SERIES_PREFIX: {
      purpose: 'First part of credit note numbers, for example C in C-2026/000001; not that of receipts.',
      example: 'C',
      default: 'C',
      commands: running,
      schema: pattern(/^[A-Z0-9]{1,8}$/, 'must have 1 to 8 characters of A–Z and 0–9'),
    },
  },
} as const satisfies Section;
