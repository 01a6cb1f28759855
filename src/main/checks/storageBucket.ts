import { createHash, randomUUID } from 'node:crypto';
import type { Finding } from '../../cli/duties.ts';
import { bodyOf } from '../../domain/fileBody.ts';
import type { FileStore } from '../../ports/fileStore.ts';
import { createS3Store } from '../../providers/s3/adapter.ts';
import { createSupabaseStore } from '../../providers/supabaseStorage/adapter.ts';
import type { ObjectStoreConfig } from '../config.ts';
import { faultText, findingsOf } from './check.ts';

const { ok, failed } = findingsOf('storage');
const probeText = 'A probe of the doctor. It can be removed.';

/** Everything that the product does with a bucket, with a probe that is removed again. */
export async function examineBucket(store: ObjectStoreConfig, signal: AbortSignal): Promise<Finding[]> {
  const name = `bucket ${store.bucket}`;
  try {
    const opened = open(store);
    const trouble = await tryOut(opened.files, signal);
    if (trouble) return [failed(`${name}: ${trouble.detail}`, trouble.remedy)];
    const isPublic = await opened.isPublic?.(signal);
    if (isPublic) {
      const remedy = 'Make the bucket private: whoever guesses an address could read every book.';
      return [failed(`${name} is public`, remedy)];
    }
    return [ok(`${name} takes, gives back, signs for and removes objects, and serves none unsigned`)];
  } catch (error) {
    return [failed(`${name}: ${faultText(error)}`, 'Check the STORAGE_ variables and what the key may do.')];
  }
}

function open(store: ObjectStoreConfig): {
  files: FileStore;
  isPublic?: (signal: AbortSignal) => Promise<boolean>;
} {
  if (store.kind === 's3') return { files: createS3Store(store) };
  const files = createSupabaseStore(store);
  return { files, isPublic: files.isPublic };
}

interface Trouble {
  detail: string;
  remedy: string;
}

async function tryOut(files: FileStore, signal: AbortSignal): Promise<Trouble | undefined> {
  const key = `doctor/${randomUUID()}.txt`;
  const bytes = new Uint8Array(Buffer.from(probeText));
  const body = bodyOf(bytes, createHash('sha256').update(bytes).digest('hex'));
  const contentType = 'text/plain';
  await files.put({ key, body, contentType }, signal);
  try {
    const stored = await files.stat(key, signal);
    if (stored?.sha256 !== body.sha256) {
      return {
        detail: 'what was put in does not come back as it was',
        remedy: 'Look for what changes objects on their way: a proxy, or a rule of the bucket.',
      };
    }
    const url = new URL(
      await files.signUrl(key, { expiresInSeconds: 60, fileName: 'probe.txt', contentType }),
    );
    const served = await fetch(url, { signal, redirect: 'manual' });
    if (!served.ok || (await served.text()) !== probeText) {
      const remedy = 'Buyers’ browsers must reach it: check endpoint, region and rules of the bucket.';
      return { detail: `a signed address is answered with ${served.status}`, remedy };
    }
    url.search = '';
    const unsigned = await fetch(url, { signal, redirect: 'manual' });
    if (unsigned.ok && (await unsigned.text()) === probeText) {
      const remedy = 'Make the bucket private: whoever guesses an address could read every book.';
      return { detail: 'objects are served without a signature', remedy };
    }
    return undefined;
  } finally {
    await files.remove(key, body, signal);
  }
}
