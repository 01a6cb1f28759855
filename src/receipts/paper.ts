import type { Language } from '../domain/order.ts';

/** A labelled fact. */
export interface Fact {
  label: string;
  text: string;
}

/** One side of the sale: a name to print strongly and the lines below it. */
export interface Party {
  label: string;
  name: string;
  lines: string[];
}

export interface PaperRow {
  title: string;
  /** One per column. */
  figures: string[];
  /** The same, in words, for where there is room for one column only. */
  details: string[];
}

export interface PaperRates {
  title: string;
  head: string[];
  rows: string[][];
}

/**
 * What stands on a receipt or a credit note: all of its texts, in their order. How it looks is for the page and the
 * PDF to say; which is why they know neither.
 */
export interface Paper {
  language: Language;
  /** ISO 8601, UTC. */
  issuedAt: string;
  heading: string;
  number: string;
  shopName: string;
  /** What must not be overlooked, below the number: one sentence each. */
  notices: string[];
  facts: Fact[];
  parties: Party[];
  items: {
    title: string;
    /** Heads of the first column: in full, and on the pages that follow. */
    head: string;
    shortHead: string;
    /** Heads of the columns of figures; the last one is the line's total. */
    columns: string[];
    rows: PaperRow[];
  };
  /** The last one is what the paper is about. */
  sums: Fact[];
  rates: PaperRates | null;
  references: Fact[];
  legalNote: string;
  questions: string;
  pageText: (page: number, pages: number) => string;
}

/** "Receipt R-2026/000123": the title of page and file. */
export const titleOf = ({ heading, number }: Pick<Paper, 'heading' | 'number'>) => `${heading} ${number}`;
