import type { BegunDownload, DownloadLimits, NewDownload } from '../../ports/shelf.ts';
import { ask, type Database } from './ask.ts';

/** One statement, which locks the links of the book, counts, and notes the beginning. */
export async function beginDownload(
  database: Database,
  { clientHash, ...download }: NewDownload,
  { perLink, perEbook }: DownloadLimits,
): Promise<BegunDownload> {
  const [row] = await ask<{ download_id: string | null; again_at: Date | null }>(
    database,
    'select download_id, again_at from fulfillment.begin_download($1, $2, $3, $4)',
    [JSON.stringify(download), clientHash, perLink, perEbook],
  );
  if (row?.download_id) return { kind: 'begun', downloadId: row.download_id };
  if (row?.again_at) return { kind: 'limited', againAt: row.again_at };
  throw new Error('A download was neither begun nor limited.');
}
