import type { Format } from '../domain/effectKey.ts';
import type { Identity } from '../ports/identity.ts';
import type { LinkTokens } from '../ports/linkTokens.ts';
import type { CreditNoteKind } from '../ports/settling.ts';
import type { FileStatus, OwnedEbook, OwnedFile, ShelfStore } from '../ports/shelf.ts';
import { paperNumber } from './paperPages.ts';
import { creditNoteUrl, receiptUrl } from './publicUrls.ts';
import { shelfOwner } from './shelfOwner.ts';

export interface ShelfFormat {
  format: Format;
  /** Only what is `ready` can be downloaded. `unavailable`: the shop has to mend something, and was told. */
  status: FileStatus;
  /** Absent until the copy is there. */
  sizeBytes?: number;
  lastDownloadAt: Date | null;
}

/** What a buyer still gets without doing anything. */
export type Awaited = 'files' | 'mail';

export interface ShelfItem {
  id: string;
  productId: string;
  title: string;
  /** Language of the book. */
  language: string;
  status: 'processing' | 'active';
  /** What is still to come; absent when nothing is. */
  awaiting?: Awaited[];
  /** Bought as a guest and not claimed yet; the verified owner of the address may download all the same. */
  claim?: 'pending';
  formats: ShelfFormat[];
  purchasedAt: Date;
  /** Null for the moment between entitlement and receipt. */
  orderId: string | null;
  /** Of any format. */
  lastDownloadAt: Date | null;
  /** Whether a mail with fresh links may be asked for; `againAt` is when, where it is only too soon. */
  mail: { canAsk: boolean; againAt: Date | null };
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
  const formats = ebook.files.map(shelfFormat);
  const item: ShelfItem = {
    id: ebook.entitlementId,
    productId: ebook.productId,
    title: ebook.title,
    language: ebook.language,
    status: ebook.state === 'processing' ? 'processing' : 'active',
    formats,
    purchasedAt: ebook.purchasedAt,
    orderId: ebook.orderId,
    lastDownloadAt: latestOf(formats),
    mail: { canAsk: ebook.mail.outcome === 'owed', againAt: ebook.mail.againAt },
  };
  const awaiting = awaitedOf(ebook);
  if (awaiting.length > 0) item.awaiting = awaiting;
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

function awaitedOf({ state, files, mail }: OwnedEbook): Awaited[] {
  const awaiting: Awaited[] = [];
  if (state === 'processing' || files.some(({ status }) => status === 'processing')) awaiting.push('files');
  if (mail.outcome === 'on_its_way') awaiting.push('mail');
  return awaiting;
}

function latestOf(formats: ShelfFormat[]): Date | null {
  const times = formats.flatMap(({ lastDownloadAt }) => lastDownloadAt ?? []);
  return times.length === 0 ? null : new Date(Math.max(...times.map(Number)));
}

function shelfFormat({ format, status, sizeBytes, lastDownloadAt }: OwnedFile): ShelfFormat {
  return {
    format,
    status,
    ...(sizeBytes !== null && { sizeBytes }),
    lastDownloadAt: lastDownloadAt === null ? null : new Date(lastDownloadAt),
  };
}
