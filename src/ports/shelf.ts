import type { Format } from '../domain/effectKey.ts';
import type { EntitlementState } from '../domain/entitlement.ts';
import type { Language } from '../domain/order.ts';
import type { CopyOwner, CopyRecord, Kept } from './files.ts';
import type { StoredObject } from './fileStore.ts';
import type { CreditNoteKind } from './settling.ts';

/**
 * Who asks for a shelf. A profile that was claimed is its subject's alone; one that was not is shown to whoever has its
 * verified address.
 */
export interface ShelfOwner {
  subject: string;
  /** Null unless the identity provider has verified the address. */
  canonicalEmail: string | null;
}

/** Somebody who is signed in, and has proven that an address is theirs. */
export interface Claimant {
  subject: string;
  canonicalEmail: string;
}

export type ClaimOutcome =
  | 'claimed'
  | 'already_yours'
  | 'nothing_to_claim'
  | 'claimed_by_another'
  /** This subject has claimed the profile of another address: support can merge the two. */
  | 'other_profile_linked';

export interface Claimed {
  outcome: ClaimOutcome;
  profileId: string | null;
  /** What is theirs now and was not taken back; 0 unless the profile is theirs. */
  ebooks: number;
}

/** Somebody who is signed in, and the address under which a guest may have bought. */
export interface CodeClaimant {
  subject: string;
  /** Of the address that was typed; nothing shows yet that it is theirs. */
  canonicalEmail: string;
}

export type CodeAsked =
  /** Somebody can claim with that address, or nobody can: who asks is not told which. `profileId` is for our log alone. */
  | { outcome: 'asked'; profileId: string | null }
  | { outcome: 'too_many'; againAt: Date }
  | { outcome: 'already_yours' | 'other_profile_linked' };

export type FreshMail =
  /** `on_its_way`: one with links was asked for before, or the order's own is still to come. */
  { outcome: 'asked' | 'on_its_way' | 'not_owed' } | { outcome: 'too_soon'; againAt: Date };

export interface OwnedCreditNote {
  creditNoteId: string;
  kind: CreditNoteKind;
  series: string;
  number: number;
  /** ISO 8601. */
  issuedAt: string;
}

/** One entitlement as its owner may see it. */
export interface OwnedEbook {
  entitlementId: string;
  paymentId: string;
  productId: string;
  title: string;
  /** Language of the book. */
  language: string;
  state: EntitlementState;
  /** In the order in which they were sold. */
  files: OwnedFile[];
  purchasedAt: Date;
  /** Null for the moment between entitlement and receipt. */
  orderId: string | null;
  hasReceipt: boolean;
  /** Credit notes of the purchase, and reversals of them, in the order in which they were issued. */
  creditNotes: OwnedCreditNote[];
  /** What would become of asking for a mail with fresh links now. */
  mail: { outcome: 'owed' | 'not_owed' | 'on_its_way' | 'too_soon'; againAt: Date | null };
}

/** `processing`: somebody works on it. `unavailable`: until a person has mended what keeps the copy from being made. */
export const fileStatuses = ['ready', 'processing', 'unavailable'] as const;
export type FileStatus = (typeof fileStatuses)[number];

export interface OwnedFile {
  format: Format;
  status: FileStatus;
  /** Null until the copy is there. */
  sizeBytes: number | null;
  /** By a person; ISO 8601. */
  lastDownloadAt: string | null;
}

export interface EntitlementSummary {
  entitlementId: string;
  state: EntitlementState;
  formats: Format[];
}

export interface NewLink {
  entitlementId: string;
  format: Format;
  validForSeconds: number;
}

/** What a download link leads to, as of now. */
export interface LinkTarget {
  linkId: string;
  entitlementId: string;
  format: Format;
  /** By the database's clock. */
  expired: boolean;
  state: EntitlementState;
  title: string;
  /** Language in which the buyer is written to. */
  language: Language;
  /** Null until the buyer's copy is there. */
  file: { storageKey: string; kept: Kept; sizeBytes: number; sha256: string } | null;
}

/** A copy that is made while it is downloaded. */
export interface StreamedCopy extends StoredObject {
  record: CopyRecord;
  owner: CopyOwner;
}

/** A delivery that is about to begin. */
export interface NewDownload {
  linkId: string;
  storageKey: string;
  by: 'stream' | 'redirect';
  /** Asked by a program: counted apart from the buyer. */
  program: boolean;
  /** Of the whole file. */
  sizeBytes: number;
  /** Of the file or the range that is asked for; null for a redirect. */
  askedBytes: number | null;
  /** Keyed hash of the client's network address; null when it is not known. */
  clientHash: Uint8Array | null;
}

/** Downloads in 24 hours. */
export interface DownloadLimits {
  perLink: number;
  /** Of one ebook in one format, over all of its links. */
  perEbook: number;
}

export type BegunDownload =
  | { kind: 'begun'; downloadId: string }
  /** A limit is reached; `againAt` is when one may begin again. */
  | { kind: 'limited'; againAt: Date };

/** A receipt or a credit note. */
export interface StoredPaper {
  series: string;
  number: number;
  /** Everything the paper says; its shape belongs to the room that renders it. */
  document: unknown;
}

/**
 * What the shelf reads and writes. A database that cannot be reached is a transient `Fault`, reason
 * `database_unavailable`.
 */
export interface ShelfStore {
  /** All that is not revoked, the latest purchase first. */
  listOwned(owner: ShelfOwner): Promise<OwnedEbook[]>;
  findOwned(owner: ShelfOwner, entitlementId: string): Promise<EntitlementSummary | undefined>;
  isLinked(subject: string): Promise<boolean>;
  /** Whether the profile of the owner's verified address was claimed by another subject. */
  isClaimedByAnother(owner: ShelfOwner): Promise<boolean>;
  /** Links the subject to the profile of its verified address, and makes what waits for that active; all in one. */
  claim(claimant: Claimant): Promise<Claimed>;
  /** Has a code mailed to the address, if there is something to claim with it; the work is the same if there is not. */
  askClaimCode(claimant: CodeClaimant): Promise<CodeAsked>;
  /** Counts a try, before it is judged. The id of the code that is open; undefined: there is none. */
  tryClaimCode(claimant: CodeClaimant): Promise<string | undefined>;
  /** Claims what a code was made for, and uses it up; undefined when it is over by then. */
  claimByCode(codeId: string, subject: string): Promise<Claimed | undefined>;
  /** Has a mail with fresh links to all books of a purchase sent to the order's address. */
  askFreshMail(entitlementId: string): Promise<FreshMail>;
  /** Nobody is reminded of this profile any more. False: there is no such profile. */
  stopClaimReminders(profileId: string): Promise<boolean>;
  /** Undefined when the entitlement does not permit downloads any more at the moment of writing. */
  createLink(link: NewLink): Promise<{ linkId: string; expiresAt: Date } | undefined>;
  readLink(linkId: string): Promise<LinkTarget | undefined>;
  readStreamedCopy(storageKey: string): Promise<StreamedCopy | undefined>;
  /** Judges the limits and notes the beginning in one transaction: requests side by side cannot pass them together. */
  beginDownload(download: NewDownload, limits: DownloadLimits): Promise<BegunDownload>;
  /** Notes how many bytes have gone out. True when this has made a download of its buyer whole. */
  endDownload(downloadId: string, sentBytes: number): Promise<boolean>;
  readReceipt(paymentId: string): Promise<StoredPaper | undefined>;
  readCreditNote(creditNoteId: string): Promise<StoredPaper | undefined>;
}
