import type { Format } from '../domain/effectKey.ts';
import type { Identity } from '../ports/identity.ts';
import type { LinkTokens } from '../ports/linkTokens.ts';
import type { CreditNoteKind } from '../ports/settling.ts';
import type { OwnedEbook, ShelfStore } from '../ports/shelf.ts';
import { paperNumber } from './paperPages.ts';
import { creditNoteUrl, receiptUrl } from './publicUrls.ts';
import { shelfOwner } from './shelfOwner.ts';

export interface ShelfFormat {
  format: Format;
  /** Whether it can be downloaded now. */
  ready: boolean;
  sizeBytes?: number;
}

export interface ShelfItem {
  id: string;
  productId: string;
  title: string;
  /** Language of the book. */
  language: string;
  status: 'processing' | 'active';
  /** What a processing item still waits for. */
  awaiting?: ['files'];
  /** Bought as a guest and not claimed yet; the verified owner of the address may download all the same. */
  claim?: 'pending';
  formats: ShelfFormat[];
  purchasedAt: Date;
  /** Null for the moment between entitlement and receipt. */
  orderId: string | null;
  lastDownloadAt: Date | null;
  receiptUrl?: string;
  /** Papers of refunds of this purchase, in the order in which they were issued; absent when there are none. */
  creditNotes?: ShelfCreditNote[];
}

export interface ShelfCreditNote {
  number: string;
  /** A reversal takes back the credit note of a refund that failed. */
  kind: CreditNoteKind;
  issuedAt: Date;
  url: string;
}

export interface Shelf {
  items: ShelfItem[];
  /** Why the list is empty though something may have been bought. */
  notice?: 'email_not_verified' | 'claimed_by_another_sign_in';
}

export type ListShelf = (identity: Identity) => Promise<Shelf>;

/** What the bearer of a token owns, by verified e-mail or linked subject. Revoked ebooks are not listed. */
export function createListShelf(options: {
  store: ShelfStore;
  tokens: LinkTokens;
  publicBaseUrl: string;
}): ListShelf {
  const { store, tokens, publicBaseUrl } = options;

  return async (identity) => {
    const owner = shelfOwner(identity);
    if (owner.canonicalEmail === null && !(await store.isLinked(owner.subject))) {
      return { items: [], notice: 'email_not_verified' };
    }
    const owned = await store.listOwned(owner);
    if (owned.length === 0 && (await store.isClaimedByAnother(owner)))
      return { items: [], notice: 'claimed_by_another_sign_in' };
    return { items: owned.map((ebook) => shelfItem(ebook, { tokens, publicBaseUrl })) };
  };
}

function shelfItem(ebook: OwnedEbook, links: { tokens: LinkTokens; publicBaseUrl: string }): ShelfItem {
  const processing = ebook.state === 'processing';
  const item: ShelfItem = {
    id: ebook.entitlementId,
    productId: ebook.productId,
    title: ebook.title,
    language: ebook.language,
    status: processing ? 'processing' : 'active',
    formats: ebook.formats.map((format) => shelfFormat(format, ebook)),
    purchasedAt: ebook.purchasedAt,
    orderId: ebook.orderId,
    lastDownloadAt: ebook.lastDownloadAt,
  };
  if (processing) item.awaiting = ['files'];
  if (ebook.state === 'pending_claim') item.claim = 'pending';
  if (ebook.hasReceipt) {
    item.receiptUrl = receiptUrl(links.publicBaseUrl, links.tokens.write('receipt-page', ebook.paymentId));
  }
  if (ebook.creditNotes.length > 0) {
    item.creditNotes = ebook.creditNotes.map(({ creditNoteId, kind, issuedAt, ...paper }) => ({
      number: paperNumber(paper, '/'),
      kind,
      issuedAt: new Date(issuedAt),
      url: creditNoteUrl(links.publicBaseUrl, links.tokens.write('credit-note-page', creditNoteId)),
    }));
  }
  return item;
}

function shelfFormat(format: Format, ebook: OwnedEbook): ShelfFormat {
  const stored = ebook.storedFiles.find((file) => file.format === format);
  if (stored === undefined) return { format, ready: false };
  return { format, ready: ebook.state !== 'processing', sizeBytes: stored.sizeBytes };
}
