import { ask, type Database } from './ask.ts';

/** Notes once what has gone out; true when it has made a download whole. */
export async function endDownload(
  database: Database,
  downloadId: string,
  sentBytes: number,
): Promise<boolean> {
  const [row] = await ask<{ whole: boolean }>(database, 'select fulfillment.end_download($1, $2) as whole', [
    downloadId,
    sentBytes,
  ]);
  return row?.whole ?? false;
}
