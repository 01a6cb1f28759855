import type { CatalogEntry, CatalogProblem } from './catalogImport.ts';
import type { BookFinding, CopyWay } from './bookMarking.ts';
import type { MarkReach } from '../domain/copyMark.ts';
import type { Format } from '../domain/effectKey.ts';

/** What an import makes of one file. */
export interface FileOutcome {
  format: Format;
  /** `prepared_anew`: the bytes are known, and copies of them are made in another way from now on. */
  state: 'new' | 'known' | 'prepared_anew' | 'put_back';
  sizeBytes: number;
  sha256: string;
  pageCount: number | null;
  way: CopyWay;
  reach: MarkReach;
  findings: BookFinding[];
}

/** What an import makes of one product. */
export interface ProductOutcome {
  productId: string;
  title: string;
  version: string;
  /** `version_again`: one that was sold before is sold again. */
  state: 'new' | 'new_version' | 'version_again' | 'changed' | 'unchanged';
  /** The one that is sold until now. */
  versionBefore: string | null;
  prices: {
    added: string[];
    /** Known otherwise: of another product, currency or amount. */
    changed: string[];
    /** Sell it still, though the file does not name them. */
    kept: string[];
  };
  files: FileOutcome[];
  /** What is worth knowing. */
  notes: string[];
}

export interface PreparedImport extends CatalogReport {
  entries: CatalogEntry[];
}

/** A catalogue file and what it would bring, or has brought. */
export interface CatalogReport {
  products: ProductOutcome[];
  /** With one of them nothing is stored. */
  problems: CatalogProblem[];
}

export interface PlannedImport extends CatalogReport {
  /** Jobs that are blocked now and look again after it. */
  jobsBlocked: number;
  /** Owners of versions that came in before these. */
  owners: number;
}

export interface DoneImport extends CatalogReport {
  filesStored: number;
  /** Jobs that were blocked and look again. */
  jobsWoken: number;
  /** Owners who get the new version, asked for just now. */
  updatesAsked: number;
}

/** Something of the catalogue that is not in the store as it should be. */
export interface StoreFinding {
  productId: string;
  version: string;
  format: Format;
  part: 'master' | 'shared_body' | 'recipe' | 'preparation';
  /** `outdated`: it is sound, and prepared by an older release. */
  state: 'missing' | 'damaged' | 'outdated';
  message: string;
  remedy: string;
}

export interface StoreReport {
  products: number;
  files: number;
  sizeBytes: number;
  findings: StoreFinding[];
}

export interface ImportProgress {
  /** `checking` reads and prepares; `storing` uploads. */
  stage: 'checking' | 'storing';
  /** Of the file at hand: product and format. */
  what: string;
  doneBytes: number;
  totalBytes: number;
}
