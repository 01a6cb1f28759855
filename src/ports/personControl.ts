import type { JsonObject } from './step.ts';
import type { Transaction } from './transaction.ts';

/** All that is one person's, as far as their address leads to it. */
export interface Person {
  /** Canonical; that of every profile which was merged with theirs. */
  addresses: string[];
  profileIds: string[];
  paymentIds: string[];
  /** Jobs of their payments that are not over. */
  openJobIds: string[];
  /** Orders of others that had their address once, before it was corrected. */
  formerOrders: number;
}

export interface Erased {
  erasureId: string;
  mails: number;
  events: number;
  files: number;
}

/** What is done about one person's data as a whole. */
export interface PersonControl {
  /** What belongs to an address as of now. Undefined: nothing is known of it. */
  find(tx: Transaction, canonicalEmail: string): Promise<Person | undefined>;
  /** The same, its payments and profiles held until the transaction ends. */
  hold(tx: Transaction, canonicalEmail: string): Promise<Person | undefined>;
  /** Overwrites all of it, and notes the files that are to be removed. */
  erase(tx: Transaction, person: Person, actor: string): Promise<Erased>;
}

/** One thing that is stored of a person: what it is, and what it says. */
export interface StoredOfPerson {
  what: string;
  data: JsonObject;
}

export interface PersonReader {
  /** Everything, as of one moment. Undefined: nothing is known of the address. */
  read(canonicalEmail: string): Promise<StoredOfPerson[] | undefined>;
}

/** The files of forgotten people, as the worker sees them. */
export interface ErasureLedger {
  /** Keys that are still to be removed. */
  left(erasureId: string, max: number): Promise<string[]>;
  removed(tx: Transaction, storageKeys: string[]): Promise<void>;
}
