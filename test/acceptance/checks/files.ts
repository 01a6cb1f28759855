import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scanMarks as scanEpub } from '../../../src/copies/epub/scanMarks.ts';
import { scanMarks as scanPdf } from '../../../src/copies/pdf/scanMarks.ts';
import type { ShopUnderTest } from '../stack.ts';
import { differences } from './database.ts';

interface StoredFile {
  storage_key: string;
  size_bytes: string;
  sha256: string;
  /** Of the hidden marks; null for receipts. */
  code: string | null;
  format: 'pdf' | 'epub' | null;
  body_size: string | null;
  body_sha256: string | null;
}

/** Whether what is recorded as stored is on the disk, byte for byte, marked for its buyer, and nothing else is. */
export async function checkFiles(stack: ShopUnderTest): Promise<string[]> {
  const root = stack.places.storageDirectory;
  const recorded = await stack.sql<StoredFile>(
    `select f.storage_key, f.size_bytes::text, f.sha256, f.format, f.made #>> '{mark,code}' as code,
            m.shared ->> 'body_size_bytes' as body_size, m.shared ->> 'body_sha256' as body_sha256
       from fulfillment.stored_files f
       left join fulfillment.catalog_files m on m.product_id = f.made ->> 'productId' and m.version = f.version
             and m.format = f.format`,
  );
  const ofCatalog = await stack.sql<{ storage_key: string }>(
    `select key as storage_key
       from fulfillment.catalog_files, unnest(array[storage_key, shared ->> 'body_key', shared ->> 'recipe_key']) key
      where key is not null`,
  );
  const owed = new Set([...recorded, ...ofCatalog].map((file) => file.storage_key));
  const present = new Set((await filesBelow(root)).filter((key) => !key.startsWith('.incoming/')));
  const problems = [
    ...differences('a file is recorded and not on the disk', owed, present),
    ...differences('a file is on the disk and nowhere recorded', present, owed),
  ];
  for (const file of recorded) {
    if (present.has(file.storage_key)) problems.push(...(await checkFile(root, file)));
  }
  const codes = recorded.flatMap(({ code }) => code ?? []);
  if (new Set(codes).size < codes.length) problems.push('two copies have the same hidden mark');
  return problems;
}

/** How many unfinished writes killed processes have left behind; swept after an hour by the product itself. */
export async function unfinishedWrites(stack: ShopUnderTest): Promise<number> {
  const keys = await filesBelow(stack.places.storageDirectory);
  return keys.filter((key) => key.startsWith('.incoming/')).length;
}

async function checkFile(root: string, file: StoredFile): Promise<string[]> {
  const bytes = await readFile(join(root, file.storage_key));
  if (String(bytes.byteLength) !== file.size_bytes || sha256Of(bytes) !== file.sha256) {
    return [`${file.storage_key} has not the size or hash that are recorded`];
  }
  if (file.storage_key.startsWith('receipts/'))
    return bytes.subarray(0, 5).equals(Buffer.from('%PDF-')) ? [] : [`${file.storage_key} is no PDF`];
  return checkCopy(bytes, file);
}

/** The sandbox's books are all marked in full: the bytes that copies share, then those of this buyer alone. */
function checkCopy(
  bytes: Buffer,
  { storage_key, format, code, body_size, body_sha256 }: StoredFile,
): string[] {
  if (format === null || body_size === null) return [`${storage_key} is a copy of no known book`];
  const bodySize = Number(body_size);
  if (sha256Of(bytes.subarray(0, bodySize)) !== body_sha256)
    return [`${storage_key} is not the book that was bought`];
  const found = new Set(scans[format](bytes.subarray(bodySize), limits).map((mark) => mark.code));
  return found.size === 1 && code !== null && found.has(code)
    ? []
    : [`${storage_key} is not marked for its buyer`];
}

const scans = { pdf: scanPdf, epub: scanEpub };
const limits = { cpuMs: 5_000, inflatedBytes: 100_000_000 };

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function filesBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}
