import type { JsonObject } from './step.ts';
import type { Transaction } from './transaction.ts';

/** An order on a shelf, and whose this is. */
export interface ShelvedOrder {
  paymentId: string;
  profileId: string;
  /** The address of that profile: mails about the shelf go there. */
  email: string;
  order: JsonObject;
}

export interface WantedMerge {
  from: string;
  into: string;
  /** Kinds of facts that were checked. */
  facts: readonly string[];
  /** The sign-in that owns `from` loses it. */
  giveUpSignIn: boolean;
  actor: string;
}

export type Merged =
  | { kind: 'merged'; mergeId: string; moved: number; gaveUpSignIn: boolean }
  /** Both are claimed, and nobody has said that the sign-in of `from` is given up. */
  | { kind: 'both_claimed' }
  /** Somebody bought, claimed or merged in between: to be asked for again. */
  | { kind: 'moved_meanwhile' };

/** What staff decides about whole shelves. */
export interface ProfileControl {
  /** Undefined: there is no such order, or none of its books is on a shelf. */
  findShelved(tx: Transaction, orderId: string): Promise<ShelvedOrder | undefined>;
  /** Moves all rights of one profile to another, which its address names from then on. */
  merge(tx: Transaction, wanted: WantedMerge): Promise<Merged>;
}
