import { createHash } from 'node:crypto';
import { z } from 'zod';
import { printSearch } from '../../domain/search/print.ts';
import type { SearchQuery } from '../../domain/search/query.ts';

/** Where a page ended. */
export interface Position {
  id: string;
  /** Null where the order is by time alone. */
  likeness: number | null;
}

export interface Cursor {
  after: Position;
  /** When the search began. */
  asOf: Date;
}

const shape = z.tuple([
  z.literal(1),
  z.string().regex(/^[0-9a-f]{16}$/),
  z.int().nonnegative().max(4_102_444_800_000),
  z.uuid(),
  z.int().min(0).max(1_000).nullable(),
]);

const digestOf = (query: SearchQuery) =>
  createHash('sha256').update(printSearch(query)).digest('hex').slice(0, 16);

/** A cursor says nothing of the query but which one it was: it may stand in a link. */
export function writeCursor(query: SearchQuery, { after, asOf }: Cursor): string {
  const parts = [1, digestOf(query), asOf.getTime(), after.id, after.likeness];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** @returns undefined when it is no cursor, or another query's */
export function readCursor(query: SearchQuery, text: string): Cursor | undefined {
  if (text.length > 400) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
  const parsed = shape.safeParse(json);
  if (!parsed.success || parsed.data[1] !== digestOf(query)) return undefined;
  const [, , asOfMs, id, likeness] = parsed.data;
  return { after: { id, likeness }, asOf: new Date(asOfMs) };
}
