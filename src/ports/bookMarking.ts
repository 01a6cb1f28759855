import type { MarkedPages, MarkReach } from '../domain/copyMark.ts';
import type { Format } from '../domain/effectKey.ts';

/** What is put into one buyer's copy. The same mark in the same book gives the same bytes. */
export interface CopyMark {
  /** The line that the reader sees, at most 300 characters, ready to be drawn. Any script. */
  line: string;
  /** Names order and line and proves itself (`copies/markCode.ts`): at most 64 characters of `A-Z0-9-`. */
  code: string;
}

/** What was seen in a file before it is sold. */
export interface BookFinding {
  /** Stable snake_case, for example `encrypted`. */
  code: string;
  /** `error`: it cannot be sold as it is. `warning`: it can, but less well than a sound file. */
  severity: 'error' | 'warning';
  /** One sentence for whoever imports it, with the remedy. Nothing of the book's contents. */
  message: string;
}

/** How copies of a file are made. */
export type CopyWay =
  /** The bytes that all copies share, and a tail per buyer. */
  | 'tail'
  /** The whole file is written anew for each buyer, in a child process. */
  | 'rewrite'
  /** The file itself, unmarked. */
  | 'plain';

export interface PreparedBook {
  way: CopyWay;
  reach: MarkReach;
  /** Pages of a PDF, documents in the reading order of an EPUB; null when they cannot be counted. */
  pageCount: number | null;
  findings: BookFinding[];
  /** Way `tail`: files in the directory that was given. */
  shared: { bodyPath: string; recipePath: string } | null;
}

export interface PrepareRequest {
  /** The file as it is imported. It is read only. */
  sourcePath: string;
  /** An empty directory for what is made. */
  directory: string;
  pages: MarkedPages;
}

/** A mark that was found in a file. */
export interface FoundMark {
  code: string;
  /** Where it was found: stable snake_case, for example `page_text`, `document_id`. */
  carrier: string;
}

/**
 * Marks books of one format. Knows files and bytes; no store, no catalogue, no keys. What is heavy runs in a child
 * process with limits on memory, CPU and time: a hostile file ends the child, never the worker.
 */
export interface BookMarker {
  readonly format: Format;
  /** Raised with each change of the bytes it makes, so that older copies are known to be made differently. */
  readonly revision: number;
  /**
   * Looks whether a file can be sold and makes what its copies share. Marks a trial copy and reads the marks back before it
   * promises them. A bad file is told of in the findings; only trouble of our own is thrown, as a `Fault`.
   */
  prepare(request: PrepareRequest, signal: AbortSignal): Promise<PreparedBook>;
  /** What follows the shared body in one buyer's copy. Fast: milliseconds. The recipe is the one that `prepare` made. */
  tailOf(recipe: Uint8Array, mark: CopyMark): Uint8Array;
  /** One buyer's copy of a file that has no shared body. @throws Fault `copy_failed` */
  rewrite(
    request: { sourcePath: string; targetPath: string; pages: MarkedPages; mark: CopyMark },
    signal: AbortSignal,
  ): Promise<void>;
  /** All marks in a file, also one that was cut, cleaned or saved anew; empty when there are none. Never throws for a bad file. */
  findMarks(path: string, signal: AbortSignal): Promise<FoundMark[]>;
}
