import type { ClientBase } from 'pg';
import { MigrationError, statementFailed } from './migrationError.ts';
import { readStatements, type MigrationFile } from './migrationFiles.ts';
import type { Statement } from './splitStatements.ts';
import { ensureVersionTable, hasVersion, recordVersion } from './versionTable.ts';

export interface LockWaits {
  /** How long a statement may wait for a lock that the running product holds. Everybody else waits behind it. */
  lockTimeoutMs: number;
  /** How long to wait for another migrator to finish its file. */
  otherMigratorMs: number;
}

export interface ApplyOptions extends LockWaits {
  client: ClientBase;
  directory: string;
  file: MigrationFile;
}

/**
 * Applies one file and notes its version, in one transaction. False if another migrator has applied it in the meantime.
 * Needs nothing of the session, so it works behind a transaction pooler.
 */
export async function applyMigration(options: ApplyOptions): Promise<boolean> {
  const { client, directory, file } = options;
  const statements = await readStatements(directory, file);
  refuseTransactionControl(file, statements);
  await client.query('begin isolation level read committed read write');
  try {
    const applied = await applyInTransaction(options, statements);
    await client.query('commit');
    return applied;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    if (error instanceof MigrationError) throw error;
    throw new MigrationError(
      file.fileName,
      undefined,
      `${file.fileName}: ${(error as Error).message}`,
      error,
    );
  }
}

async function applyInTransaction(options: ApplyOptions, statements: Statement[]): Promise<boolean> {
  const { client, file } = options;
  // What the file before has set, such as a search path, is not for this one.
  await client.query('reset all');
  await waitForOtherMigrators(options);
  await ensureVersionTable(client);
  if (await hasVersion(client, file.version)) return false;
  await limit(client, 'lock_timeout', options.lockTimeoutMs);
  for (const [index, statement] of statements.entries()) {
    await client.query(statement.sql).catch((error: Error) => {
      throw statementFailed({ file, statement, number: index + 1 }, error);
    });
  }
  await recordVersion(client, file, statements);
  return true;
}

/** The lock ends with the transaction, so a migrator that dies holds up nobody. */
async function waitForOtherMigrators({ client, file, otherMigratorMs }: ApplyOptions): Promise<void> {
  // Long work is legitimate here; what must not be long is waiting for locks.
  await limit(client, 'statement_timeout', 0);
  await limit(client, 'lock_timeout', otherMigratorMs);
  await client
    .query(`select pg_advisory_xact_lock(hashtextextended('supabase_migrations', 0))`)
    .catch((cause: Error) => {
      const waited = `another migration has been running for ${otherMigratorMs / 1000} s`;
      throw new MigrationError(file.fileName, undefined, `${file.fileName} was not begun: ${waited}.`, cause);
    });
}

async function limit(client: ClientBase, setting: string, ms: number): Promise<void> {
  await client.query('select set_config($1, $2, true)', [setting, `${ms}ms`]);
}

/** A COMMIT inside the file would part its changes from the note that they were made. */
function refuseTransactionControl(file: MigrationFile, statements: Statement[]): void {
  const control = statements.find(({ words }) =>
    /^(begin|commit|end|abort|rollback|start transaction|prepare transaction)\b/.test(words.join(' ')),
  );
  if (!control) return;
  const word = control.words[0]?.toUpperCase();
  throw new MigrationError(
    file.fileName,
    control.line,
    `${file.fileName}, line ${control.line}: ${word} must go. Each file is run as one transaction.`,
  );
}
