import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ShopUnderTest } from '../stack.ts';
import { differences } from './database.ts';

interface StoredFile {
  storage_key: string;
  size_bytes: string;
  sha256: string;
  master_sha256: string | null;
}

/** Whether what is recorded as stored is on the disk, byte for byte, and nothing else is. */
export async function checkFiles(stack: ShopUnderTest): Promise<string[]> {
  const root = stack.places.storageDirectory;
  const recorded = await stack.sql<StoredFile>(
    `select f.storage_key, f.size_bytes::text, f.sha256, m.sha256 as master_sha256 from fulfillment.stored_files f
       left join fulfillment.ebook_entitlements e on e.payment_id = f.payment_id and e.line_no = f.line_no
       left join fulfillment.catalog_files m on m.product_id = e.product_id and m.version = e.product_version
             and m.format = f.format`,
  );
  const masters = await stack.sql<{ storage_key: string }>(
    'select storage_key from fulfillment.catalog_files',
  );
  const owed = new Set([...recorded, ...masters].map((file) => file.storage_key));
  const present = new Set((await filesBelow(root)).filter((key) => !key.startsWith('.incoming/')));
  const problems = [
    ...differences('a file is recorded and not on the disk', owed, present),
    ...differences('a file is on the disk and nowhere recorded', present, owed),
  ];
  for (const file of recorded) {
    if (present.has(file.storage_key)) problems.push(...(await checkFile(root, file)));
  }
  return problems;
}

/** How many unfinished writes killed processes have left behind; swept after an hour by the product itself. */
export async function unfinishedWrites(stack: ShopUnderTest): Promise<number> {
  const keys = await filesBelow(stack.places.storageDirectory);
  return keys.filter((key) => key.startsWith('.incoming/')).length;
}

async function checkFile(root: string, file: StoredFile): Promise<string[]> {
  const bytes = await readFile(join(root, file.storage_key));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (String(bytes.byteLength) !== file.size_bytes || sha256 !== file.sha256) {
    return [`${file.storage_key} has not the size or hash that are recorded`];
  }
  if (file.master_sha256 !== null && file.master_sha256 !== sha256) {
    return [`${file.storage_key} is not the book that was bought`];
  }
  const isReceipt = file.storage_key.startsWith('receipts/');
  return isReceipt && !bytes.subarray(0, 5).equals(Buffer.from('%PDF-'))
    ? [`${file.storage_key} is no PDF`]
    : [];
}

async function filesBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}
