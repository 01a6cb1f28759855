import type { ClientBase } from 'pg';
import { listMigrations } from './migrationFiles.ts';
import { readVersions } from './versionTable.ts';

export interface MigrationStanding {
  /** File names that have not been applied, in order. */
  pending: string[];
  applied: number;
  /** Versions the database has and the directory does not: a newer release migrated it. */
  unknown: string[];
}

/** Compares a directory of migrations with what the database has. Needs the right to read the table of versions. */
export async function readMigrationStanding(
  client: ClientBase,
  directory: string,
): Promise<MigrationStanding> {
  const files = await listMigrations(directory, () => undefined);
  const versions = await readVersions(client);
  const pending = files.filter((file) => !versions.includes(file.version));
  return {
    pending: pending.map((file) => file.fileName),
    applied: files.length - pending.length,
    unknown: versions.filter((version) => !files.some((file) => file.version === version)),
  };
}
