import { createHash, randomUUID } from 'node:crypto';
import type { Finding } from '../../cli/duties.ts';
import { Fault } from '../../domain/fault.ts';
import { bodyOf } from '../../domain/fileBody.ts';
import type { FileStore, PutRequest } from '../../ports/fileStore.ts';
import { createS3Store } from '../../providers/s3/adapter.ts';
import { createSupabaseStore } from '../../providers/supabaseStorage/adapter.ts';
import type { ObjectStoreConfig } from '../config.ts';
import { faultText, findingsOf } from './check.ts';

const { ok, failed } = findingsOf('storage');
const probeText = 'A probe of the doctor. It can be removed.';
const contentType = 'text/plain';
const otherText = 'Another probe of the doctor. It can be removed.';

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
    return [
      ok(
        `${name} takes, gives back, signs for and removes objects, overwrites none and serves none unsigned`,
      ),
    ];
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
  const [probe, other] = [probeOf(key, probeText), probeOf(key, otherText)];
  try {
    await files.put(probe, signal);
    return (
      (await comesBack(files, probe, signal)) ??
      (await isServed(files, key, signal)) ??
      (await staysAsItIs(files, other, signal))
    );
  } finally {
    const removed = await files.remove(key, probe.body, signal);
    if (!removed) await files.remove(key, other.body, signal);
  }
}

function probeOf(key: string, text: string): PutRequest {
  const bytes = new Uint8Array(Buffer.from(text));
  return { key, body: bodyOf(bytes, createHash('sha256').update(bytes).digest('hex')), contentType };
}

async function comesBack(files: FileStore, { key, body }: PutRequest, signal: AbortSignal) {
  const opened = await files.open(key, {}, signal);
  const chunks: Uint8Array[] = [];
  for await (const chunk of opened?.chunks ?? []) chunks.push(chunk);
  const sha256 = createHash('sha256').update(Buffer.concat(chunks)).digest('hex');
  if (opened && sha256 === body.sha256) return undefined;
  return {
    detail: 'what was put in does not come back as it was',
    remedy: 'Look for what changes objects on their way: a proxy, or a rule of the bucket.',
  };
}

async function isServed(files: FileStore, key: string, signal: AbortSignal): Promise<Trouble | undefined> {
  const url = new URL(await files.signUrl(key, { expiresInSeconds: 60, fileName: 'probe.txt', contentType }));
  const served = await fetch(url, { signal, redirect: 'manual' });
  if (!served.ok || (await served.text()) !== probeText) {
    const remedy = 'Buyers’ browsers must reach it: check endpoint, region and rules of the bucket.';
    return { detail: `a signed address is answered with ${served.status}`, remedy };
  }
  url.search = '';
  const unsigned = await fetch(url, { signal, redirect: 'manual' });
  if (!unsigned.ok || (await unsigned.text()) !== probeText) return undefined;
  const remedy = 'Make the bucket private: whoever guesses an address could read every book.';
  return { detail: 'objects are served without a signature', remedy };
}

/** A service that does not know conditional writes takes the condition without a word, and overwrites. */
async function staysAsItIs(files: FileStore, other: PutRequest, signal: AbortSignal) {
  try {
    await files.put(other, signal);
  } catch (error) {
    if (error instanceof Fault && error.reason === 'stored_object_differs') return undefined;
    throw error;
  }
  return {
    detail: 'an object was overwritten with another',
    remedy: 'The service does not know conditional writes. Set STORAGE_S3_CONDITIONAL_WRITES=false.',
  };
}
