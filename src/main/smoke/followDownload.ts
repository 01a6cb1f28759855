import { createHash } from 'node:crypto';
import { get } from './look.ts';
import { isEpub, isPdf } from './receiptMail.ts';
import { NotYet } from './waiting.ts';

export interface Downloaded {
  what: 'PDF' | 'EPUB';
  sizeBytes: number;
  sha256: string;
}

/** Follows a mail's link as a buyer would: our address, then the signed one. A page instead of a redirect is not yet. */
export async function followDownload(link: string, signal: AbortSignal): Promise<Downloaded> {
  const answer = await get(link, { redirect: 'manual', signal });
  const location = answer.headers.get('location');
  await answer.body?.cancel();
  if (answer.status < 300 || answer.status >= 400 || location === null) {
    throw new NotYet(`a link answers ${answer.status} with a page instead of the file`);
  }
  const file = await get(new URL(location, link), { signal });
  if (file.status !== 200) {
    await file.body?.cancel();
    throw new NotYet(`the signed address answers ${file.status}`);
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  const what = isPdf(bytes) ? 'PDF' : isEpub(bytes) ? 'EPUB' : undefined;
  if (what === undefined) throw new NotYet(`the file of ${bytes.length} bytes is neither PDF nor EPUB`);
  return { what, sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}
