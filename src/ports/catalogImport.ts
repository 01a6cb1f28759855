import type { Marking, MarkReach } from '../domain/copyMark.ts';
import type { Format } from '../domain/effectKey.ts';
import type { BookFinding, CopyWay } from './bookMarking.ts';
import type { StoredBody } from './orders.ts';
import type { Transaction } from './transaction.ts';

export interface CatalogPrice {
  priceId: string;
  /** Lower-case ISO 4217. */
  currency: string;
  /** Minor units. */
  unitAmount: number;
}

/** A product as it is imported: what sells it, and its files. */
export interface CatalogEntry {
  productId: string;
  title: string;
  language: string;
  version: string;
  /** Null: what is known stays. */
  stripeProductId: string | null;
  marking: Marking;
  prices: CatalogPrice[];
  files: CatalogEntryFile[];
}

/** A file with what was found out about it when it was prepared. */
export interface CatalogEntryFile {
  format: Format;
  master: StoredBody;
  way: CopyWay;
  reach: MarkReach;
  /** Of the marker that prepared it; 0 when none did. */
  revision: number;
  pageCount: number | null;
  findings: BookFinding[];
  /** Way `tail`: what all copies begin with, and what their tails are made of. */
  shared: { body: StoredBody; recipe: StoredBody } | null;
}

/** A product as the catalogue has it, with the files of all its versions. */
export interface StandingProduct {
  productId: string;
  title: string;
  language: string;
  /** The one that is sold. */
  version: string;
  stripeProductId: string | null;
  marking: Marking;
  updatedAt: Date;
  prices: CatalogPrice[];
  files: StandingFile[];
}

export interface StandingFile extends CatalogEntryFile {
  version: string;
  /** When this version of it was first imported. */
  importedAt: Date;
}

export interface CatalogReader {
  /** Every product, by id. */
  readCatalog(): Promise<StandingProduct[]>;
  /** Owners of versions that were imported before this one, by product and this version. */
  countOwners(versions: Array<{ productId: string; version: string }>): Promise<Map<string, number>>;
  /** Jobs that wait for a human or a fact, and look again after an import. */
  countBlocked(): Promise<number>;
}

export interface CatalogImportStore {
  /** Writes products, prices and files in one transaction and makes blocked jobs due. Returns how many were woken. */
  write(entries: CatalogEntry[]): Promise<{ jobsWoken: number }>;
}

/** The same inside a transaction of the caller's. */
export interface CatalogControl {
  /** The catalogue as it is, for this transaction alone to change: a second import waits. */
  lockCatalog(tx: Transaction): Promise<StandingProduct[]>;
  write(tx: Transaction, entries: CatalogEntry[]): Promise<{ jobsWoken: number }>;
}

/** One thing that is wrong, and what to do about it. Every one of a file is told at once. */
export interface CatalogProblem {
  /** The catalogue file, as it was named. */
  file: string;
  /** Counted from 1; null where it is about the file as a whole. */
  line: number | null;
  column: number | null;
  /** `products[2].prices[1].amount`, or the name of a column. */
  field: string | null;
  message: string;
  remedy: string;
}
