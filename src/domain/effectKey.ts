import type { MarkedPages } from './copyMark.ts';

/**
 * Every idempotency key of the product, in one file. A key names what is done, for which payment, line and format;
 * it never contains the attempt, so a repeat is recognised as one.
 */

export const formats = ['pdf', 'epub'] as const;
export type Format = (typeof formats)[number];

/** The logical mail that carries receipt and links. */
export const receiptMailKey = (orderId: string) => `receipt:${orderId}`;

/** The second mail, sent only when files were late. */
export const filesReadyMailKey = (orderId: string) => `files-ready:${orderId}`;

/** The mail that brings the links of a book that was given. */
export const grantedMailKey = (orderId: string) => `granted:${orderId}`;

/** A mail that tells of a change of the payment: one per notice, named by the notice's own key. */
export const noticeMailKey = (orderId: string, noticeKey: string) => `notice:${orderId}:${noticeKey}`;

/** A mail that somebody of staff has asked for: one per job, so named after the job's subject. */
export const askedMailKey = (kind: string, subjectKey: string) => `${kind}:${subjectKey}`;

/** The analytics event of a finished purchase: its id wherever it is sent, so that each receiver can drop doubles. */
export const purchaseEventKey = (orderId: string) => `purchase.fulfilled:${orderId}`;

/** Sending that event to one of several receivers. Plausible was the only one once, so its key has no suffix. */
export const purchaseTrackedKey = (orderId: string, analytics: string) =>
  analytics === 'plausible' ? purchaseEventKey(orderId) : `${purchaseEventKey(orderId)}:${analytics}`;

export const copyEffectKey = (lineNo: number, format: Format) => `copy:${lineNo}:${format}`;
export const receiptFileEffectKey = 'receipt-pdf';

/** Storage key of a buyer's copy. Made of our own ids alone, never of a buyer's or a shop's text. */
export const copyStorageKey = (orderId: string, lineNo: number, format: Format) =>
  `copies/${orderId}/${lineNo}.${format}`;

/**
 * Storage key of a buyer's copy of a later version. Named by the hash of the book it is made of, for a version's name is
 * the shop's text; the copy that was sold keeps its own key.
 */
export const laterCopyStorageKey = (orderId: string, lineNo: number, format: Format, masterSha256: string) =>
  `copies/${orderId}/${lineNo}-${masterSha256.slice(0, 16)}.${format}`;

/** Storage key of a receipt; the year is the one in which it was issued. */
export const receiptStorageKey = (year: number, orderId: string) => `receipts/${year}/${orderId}.pdf`;

/** Storage key of a product's file before anything of a buyer is in it. */
export const masterStorageKey = (slug: string, version: string, format: Format) =>
  `ebooks/${slug}/${version}/file.${format}`;

/** What the bytes that are prepared from a master depend on. */
export interface Preparation {
  slug: string;
  version: string;
  format: Format;
  /** Of the marker. */
  revision: number;
  pages: MarkedPages;
}

/** Storage key of what all copies of a file begin with. */
export const sharedBodyKey = (preparation: Preparation) =>
  `ebooks/${preparation.slug}/${preparation.version}/shared-${preparedAs(preparation)}.${preparation.format}`;

/** Storage key of what the tails of copies are made of. */
export const recipeKey = (preparation: Preparation) =>
  `ebooks/${preparation.slug}/${preparation.version}/recipe-${preparation.format}-${preparedAs(preparation)}`;

const recipeKeyForm = /\/recipe-(?:pdf|epub)-\d+-(?:(all|first)|every-(\d+))$/;

/** The pages for which a recipe was made; undefined: it is no recipe's key. */
export function pagesOfRecipe(key: string): MarkedPages | undefined {
  const [, named, every] = recipeKeyForm.exec(key) ?? [];
  if (named === 'all' || named === 'first') return named;
  return every === undefined ? undefined : { every: Number(every) };
}

function preparedAs({ revision, pages }: Preparation): string {
  return `${revision}-${typeof pages === 'string' ? pages : `every-${pages.every}`}`;
}

/** The job that brings a new version of a book to one of its owners. */
export const bookUpdateSubject = (entitlementId: string, version: string) =>
  `book-update:${entitlementId}:${version}`;

/** What the shop is told in one job. */
export const shopToldKey = (subjectKey: string) => `told:${subjectKey}`;

/** Telling one of several analytics of an event about an entitlement. */
export const trackedEventKey = (subjectKey: string, analytics: string) =>
  `tracked:${subjectKey}:${analytics}`;
