import type pg from 'pg';
import type { StoredFileLedger, StoredFileRow } from '../../ports/files.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { factsOfLine, readLockedFacts } from '../orders/paymentFacts.ts';
import { entitlementState } from '../../domain/entitlement.ts';
import { clientOf } from '../transaction.ts';

export function createStoredFileLedger(pool: pg.Pool): StoredFileLedger {
  return {
    record: (tx, files) => write(tx, files, insertFiles),
    replace: (tx, files) => write(tx, files, replaceFiles),

    async lastCopyStoredAt(paymentId) {
      const { rows } = await pool.query<{ at: Date | null }>(
        `select max(stored_at) as at from fulfillment.stored_files where payment_id = $1 and kind = 'copy'`,
        [paymentId],
      );
      return rows[0]?.at ?? null;
    },
  };
}

async function write(tx: Transaction, files: StoredFileRow[], put: typeof insertFiles): Promise<void> {
  // Payments before entitlements (DESIGN law 7), here as everywhere.
  const paymentIds = [...new Set(files.map((file) => file.paymentId))];
  const facts = await readLockedFacts(tx, paymentIds);
  await put(tx, files);
  const complete = await readComplete(tx, paymentIds);
  await moveEntitlements(
    tx,
    complete.map((row) => ({
      id: row.id,
      state: entitlementState({
        ...factsOfLine(facts.get(row.payment_id), row.line_no),
        filesReady: true,
        profileClaimed: row.claimed,
      }),
    })),
  );
}

const recordset = `jsonb_to_recordset($1) x("paymentId" uuid, kind text, "lineNo" int, format text, "storageKey" text,
  "sizeBytes" bigint, sha256 text, kept text, made jsonb)`;
const columns = '(payment_id, kind, line_no, format, version, storage_key, size_bytes, sha256, kept, made)';
const values = `x."paymentId", x.kind, x."lineNo", x.format, x.made->>'version', x."storageKey", x."sizeBytes", x.sha256, x.kept, x.made`;

async function insertFiles(tx: Transaction, files: StoredFileRow[]): Promise<void> {
  await clientOf(tx).query(
    `insert into fulfillment.stored_files ${columns}
     select ${values} from ${recordset}
     on conflict (payment_id, kind, line_no, format) do nothing`,
    [JSON.stringify(files)],
  );
}

/** A job that is late must not bring an old version back: what is sold now is the one that counts. */
async function replaceFiles(tx: Transaction, files: StoredFileRow[]): Promise<void> {
  const rows = [JSON.stringify(files)];
  await clientOf(tx).query(
    `insert into fulfillment.stored_files ${columns}
     select ${values} from ${recordset}
       join fulfillment.catalog_products p on p.id = x.made->>'productId' and p.version = x.made->>'version'
     on conflict (payment_id, kind, line_no, format) do update
        set version = excluded.version, storage_key = excluded.storage_key, size_bytes = excluded.size_bytes,
            sha256 = excluded.sha256, kept = excluded.kept, made = excluded.made, stored_at = clock_timestamp()`,
    rows,
  );
  await clientOf(tx).query(
    `update fulfillment.ebook_entitlements e set product_version = p.version, updated_at = clock_timestamp()
       from (select distinct x."paymentId", x."lineNo" from ${recordset}) x, fulfillment.catalog_products p
      where e.payment_id = x."paymentId" and e.line_no = x."lineNo" and p.id = e.product_id
        and e.product_version <> p.version
        and not exists (
              select from fulfillment.catalog_files c
               where c.product_id = p.id and c.version = p.version and c.format = any(e.formats)
                 and not exists (select from fulfillment.stored_files f
                                  where f.payment_id = e.payment_id and f.kind = 'copy' and f.line_no = e.line_no
                                    and f.format = c.format and f.version = p.version))`,
    rows,
  );
}

/** Entitlements that still say `processing` though a copy in every promised format is stored. */
async function readComplete(tx: Transaction, paymentIds: string[]) {
  const { rows } = await clientOf(tx).query<{
    id: string;
    payment_id: string;
    line_no: number;
    claimed: boolean;
  }>(
    `select e.id, e.payment_id, e.line_no, pr.state = 'claimed' as claimed
       from fulfillment.ebook_entitlements e
       join fulfillment.profiles pr on pr.id = e.profile_id
      where e.payment_id = any($1::uuid[]) and e.state = 'processing'
        and e.formats <@ array(select f.format from fulfillment.stored_files f
                                where f.payment_id = e.payment_id and f.line_no = e.line_no and f.kind = 'copy')
      order by e.payment_id, e.line_no
        for update of e`,
    [paymentIds],
  );
  return rows;
}

async function moveEntitlements(tx: Transaction, moves: Array<{ id: string; state: string }>): Promise<void> {
  if (moves.length === 0) return;
  await clientOf(tx).query(
    `update fulfillment.ebook_entitlements e set state = x.state, updated_at = clock_timestamp()
       from unnest($1::uuid[], $2::text[]) x(id, state) where e.id = x.id and e.state <> x.state`,
    [moves.map((move) => move.id), moves.map((move) => move.state)],
  );
}
