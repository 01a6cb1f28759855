import type { Format } from '../domain/effectKey.ts';

/** A product as it is imported: what sells it, and its files. */
export interface CatalogEntry {
  productId: string;
  title: string;
  language: string;
  version: string;
  prices: Array<{ priceId: string; currency: string; unitAmount: number }>;
  files: Array<{ format: Format; storageKey: string; sizeBytes: number; sha256: string }>;
}

export interface CatalogImportStore {
  /** Writes products, prices and files in one transaction and makes blocked jobs due. Returns how many were woken. */
  write(entries: CatalogEntry[]): Promise<{ jobsWoken: number }>;
}
