import type { Format } from '../domain/effectKey.ts';
import type { CatalogEntryFile } from './catalogImport.ts';
import type { CopyRecord } from './files.ts';
import type { FileBody, StoredObject } from './fileStore.ts';
import type { StoredBody } from './orders.ts';
import type { Transaction } from './transaction.ts';

/** A file that was made for an order and is kept in the store. */
export interface OrderFile extends StoredBody {
  kind: 'copy' | 'receipt';
  fileId: string;
  paymentId: string;
  orderId: string;
  /** Whose timeline tells of its repair. */
  jobId: string | null;
  /** 0 for a receipt. */
  lineNo: number;
  format: Format;
  productId: string | null;
  version: string | null;
  /** What a copy was made of; null where that was not recorded yet, and for receipts. */
  record: CopyRecord | null;
  buyerName: string | null;
}

/** A file of the catalogue, of any version. */
export interface CatalogueFile extends StoredBody {
  kind: 'master' | 'shared_body' | 'recipe';
  productId: string;
  version: string;
  format: Format;
  book: Pick<CatalogEntryFile, 'master' | 'shared' | 'revision' | 'way'>;
}

export type KeptFile = OrderFile | CatalogueFile;

/** What the database says is stored. */
export interface KeptFiles {
  /** Of the catalogue, by key. @param since those that were imported from then on */
  ofCatalogue(since: Date | null): Promise<CatalogueFile[]>;
  /** Of orders, by id. Copies that are made while they are downloaded are none of them. */
  ofOrders(page: { after: string | null; since: Date | null; limit: number }): Promise<OrderFile[]>;
  ofPayment(paymentId: string): Promise<OrderFile[]>;
  /** Whether the same is still said of it: a new version may have taken its place meanwhile. */
  isCurrent(file: KeptFile): Promise<boolean>;
}

export type Found = 'missing' | 'damaged' | 'unreadable';

/** One file that was not as it should be. Never a buyer's data. */
export interface ScrubFinding {
  key: string;
  kind: KeptFile['kind'];
  /** Null for a file of the catalogue. */
  orderId: string | null;
  lineNo: number | null;
  productId: string | null;
  version: string | null;
  format: Format;
  found: Found;
  /** `removed`: it was taken away, so that importing its book puts it back. */
  outcome: 'repaired' | 'removed' | 'broken';
  /** Why it stays as it is, stable snake_case; null when it was repaired. */
  reason: string | null;
  message: string;
  /** What a person can do; null when there is nothing to do. */
  remedy: string | null;
}

/** The bytes of a file once more, exactly as they were recorded; or why they cannot be had. */
export type Remade =
  | { kind: 'ready'; body: FileBody; contentType: string; close(): Promise<void> }
  | { kind: 'impossible'; reason: string; detail: string; remedy: string };

export interface Remaker {
  /** Not for masters, of which everything else is made. @throws Fault */
  remake(file: KeptFile, signal: AbortSignal): Promise<Remade>;
}

/** What copies of a book share, prepared from its master once more. */
export interface SharedAgain {
  /** Null: it came out otherwise, or the master is not sound. `close` removes what was made. @throws Fault */
  prepare(
    book: CatalogueFile,
    signal: AbortSignal,
  ): Promise<
    | { kind: 'ready'; body: FileBody; recipe: FileBody; close(): Promise<void> }
    | { kind: 'unusable'; reason: 'file_missing' | 'file_damaged' | 'made_differently' }
  >;
}

/** What is put in the place of a file, and what was found there. */
export interface Repair {
  file: KeptFile;
  /** Null: nothing was there. */
  found: StoredObject | null;
  /** Null: it is only taken away. */
  with: { body: FileBody; contentType: string } | null;
}

/** `others_came_first`: what is stored is no longer what was found damaged. */
export type RepairOutcome = 'done' | 'others_came_first';

export type ScrubPart = 'all' | 'catalogue';
export type ScrubStage = 'catalogue' | 'orders';

/** Which scrub it is: one of the same kind that was cut off goes on. */
export interface ScrubKind {
  part: ScrubPart;
  since: Date | null;
  repair: boolean;
}

export interface ScrubProgress {
  stage: ScrubStage;
  /** The last one that was dealt with in this stage; null: none. */
  after: string | null;
  checked: number;
  checkedBytes: number;
  repaired: number;
  broken: number;
}

export interface ScrubRun extends ScrubProgress {
  id: string;
  startedAt: Date;
  /** The first ones. */
  findings: ScrubFinding[];
  resumed: boolean;
}

export type BegunScrub =
  | { kind: 'mine'; run: ScrubRun }
  /** Somebody works on one now. */
  | { kind: 'under_way'; by: string; startedAt: Date; heldForMs: number };

/** How far scrubs have come. One works at a time, and holds its run by telling of it. */
export interface ScrubBook {
  /** Goes on with one of the same kind that was cut off within a week, or begins anew. */
  begin(tx: Transaction, by: string, kind: ScrubKind, holder: string): Promise<BegunScrub>;
  /**
   * Tells how far it is, and holds it on, or lets go of it. False: it was held no longer, somebody else may be at it, and
   * nothing was written.
   */
  tell(
    held: HeldScrub,
    news: { progress: ScrubProgress; findings: ScrubFinding[]; letGo: boolean },
  ): Promise<boolean>;
  /** The same, with nothing to tell. */
  hold(held: HeldScrub): Promise<boolean>;
  /** Lets go of it. @param finished every file was looked at */
  end(tx: Transaction, held: HeldScrub, finished: boolean): Promise<ScrubRun>;
}

export interface HeldScrub {
  runId: string;
  holder: string;
}

/** What a scrub has come to. Sums are of the whole run, also of the parts before it was cut off. */
export interface ScrubReport extends Omit<ScrubProgress, 'stage' | 'after'> {
  scrubId: string;
  part: ScrubPart;
  repair: boolean;
  startedAt: string;
  /** It went on with one that was cut off. */
  resumed: boolean;
  /** Every file was looked at; else the same command goes on. */
  finished: boolean;
  checkedNow: number;
  /** Why it ended before its time; null when it did not. */
  stopped: { reason: string; message: string } | null;
  findings: ScrubFinding[];
}

/** The latest scrub, for who asks how the store is. */
export interface PastScrub {
  repair: boolean;
  agoMs: number;
  /** Since it last told of itself. */
  silentMs: number;
  finished: boolean;
  checked: number;
  broken: number;
}
