import { createHash } from 'node:crypto';
import { get } from './look.ts';
import { isEpub, isPdf } from './receiptMail.ts';
import { NotYet } from './waiting.ts';

export interface Downloaded {
  what: 'PDF' | 'EPUB';
  sizeBytes: number;
  sha256: string;
}

/** Follows a mail's link as a buyer would, over a redirect if there is one. A page instead of the file is not yet. */
export async function followDownload(link: string, signal: AbortSignal): Promise<Downloaded> {
  const file = await get(link, { signal });
  if (file.status !== 200) {
    await file.body?.cancel();
    const page = file.redirected ? 'a redirect leads to an answer' : 'a link answers with a page';
    throw new NotYet(`${page} of status ${file.status} instead of the file`);
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  const what = isPdf(bytes) ? 'PDF' : isEpub(bytes) ? 'EPUB' : undefined;
  if (what === undefined) throw new NotYet(`the file of ${bytes.length} bytes is neither PDF nor EPUB`);
  return { what, sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}
