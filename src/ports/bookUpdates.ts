import type { Format } from '../domain/effectKey.ts';
import type { Transaction } from './transaction.ts';

/** An entitlement to a version that is older than the one that is sold now. */
export interface BookOwner {
  entitlementId: string;
  paymentId: string;
  lineNo: number;
  productId: string;
  /** The one that was bought. */
  version: string;
  formats: Format[];
}

export interface BookOwners {
  /**
   * Whoever owns a version that was imported before the one that is named for its product; revoked entitlements are none.
   * Versions are told apart by when they came into the catalogue, for their names say nothing.
   */
  ownersOf(
    tx: Transaction,
    versions: ReadonlyArray<{ productId: string; version: string }>,
  ): Promise<Array<BookOwner & { newVersion: string }>>;
}

/** A new version for one owner. */
export interface BookUpdate extends BookOwner {
  newVersion: string;
  /** Whether one mail tells of it; without it the shelf alone has the new version. */
  notify: boolean;
  /** One job per entitlement and version: `bookUpdateSubject`. */
  subjectKey: string;
}

/** How an import asks for the jobs that bring a new version to its owners. */
export interface BookUpdates {
  /**
   * Adds one job each, in the transaction of the import. Those whose subject is known are left alone, so that the same
   * import again asks for nothing. Returns how many were new.
   */
  ask(tx: Transaction, updates: BookUpdate[]): Promise<number>;
}
