import { setTimeout as delay } from 'node:timers/promises';
import { Client, DatabaseError, type ClientBase } from 'pg';
import { applyMigration, type LockWaits } from './schema/applyMigration.ts';
import { MigrationError } from './schema/migrationError.ts';
import { listMigrations, type MigrationFile } from './schema/migrationFiles.ts';
import { readVersions } from './schema/versionTable.ts';

export interface MigrateOptions extends Partial<LockWaits> {
  /** A connection of the schema's owner, or its connection string. */
  client: ClientBase | string;
  /** Holds the files, `<14 digits>_<name>.sql`. */
  directory: string;
  log?: (message: string) => void;
  /** How often a file that met a busy lock is tried in all. */
  attempts?: number;
}

export interface MigrateResult {
  /** File names, in order. */
  applied: string[];
  /** How many local files had been applied before. */
  alreadyThere: number;
}

/**
 * Applies the migrations that have not been applied, each file in a transaction of its own, and notes them where
 * `supabase db push` does. Several migrators at once are safe. Rejects with a `MigrationError` at the first file that
 * fails; that file is rolled back.
 */
export async function migrate(options: MigrateOptions): Promise<MigrateResult> {
  if (typeof options.client !== 'string') return migrateWith(options.client, options);
  const client = new Client({ connectionString: options.client, application_name: 'fulfillment-migrate' });
  // A connection that breaks also fails the statement under way, which is where it is dealt with.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await migrateWith(client, options);
  } finally {
    await client.end();
  }
}

async function migrateWith(client: ClientBase, options: MigrateOptions): Promise<MigrateResult> {
  const log = options.log ?? (() => undefined);
  const files = await listMigrations(options.directory, log);
  const versions = await readVersions(client);
  const pending = files.filter((file) => !versions.includes(file.version));
  mentionOddities(files, pending, versions, log);
  const applied: string[] = [];
  for (const file of pending) {
    const begin = performance.now();
    if (!(await applyPatiently(client, file, options))) continue;
    applied.push(file.fileName);
    log(`Applied ${file.fileName} in ${Math.round(performance.now() - begin)} ms.`);
  }
  return { applied, alreadyThere: files.length - applied.length };
}

/** A lock that is busy now may be free in a moment; in between, those who waited behind us get their turn. */
async function applyPatiently(
  client: ClientBase,
  file: MigrationFile,
  options: MigrateOptions,
): Promise<boolean> {
  const { directory, attempts = 5, lockTimeoutMs = 5_000, otherMigratorMs = 600_000 } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await applyMigration({ client, directory, file, lockTimeoutMs, otherMigratorMs });
    } catch (error) {
      if (attempt >= attempts || !isBusyLock(error)) throw error;
      options.log?.(`${file.fileName} met a busy lock (attempt ${attempt} of ${attempts}). Trying again.`);
      await delay(200 * 2 ** attempt);
    }
  }
}

/** lock_not_available and deadlock_detected. Waiting for another migrator has been patient enough. */
function isBusyLock(error: unknown): boolean {
  if (!(error instanceof MigrationError) || error.line === undefined) return false;
  return error.cause instanceof DatabaseError && ['55P03', '40P01'].includes(error.cause.code ?? '');
}

function mentionOddities(
  files: MigrationFile[],
  pending: MigrationFile[],
  versions: string[],
  log: (message: string) => void,
): void {
  const unknown = versions.filter((version) => !files.some((file) => file.version === version));
  if (unknown.length > 0) {
    log(`The database has ${unknown.length} migrations that are not here, the last being ${unknown.at(-1)}.`);
  }
  const newest = versions.at(-1) ?? '';
  for (const file of pending.filter(({ version }) => version < newest)) {
    log(`${file.fileName} is older than the newest applied (${newest}). It is applied all the same.`);
  }
}
