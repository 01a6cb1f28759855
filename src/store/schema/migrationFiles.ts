import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { splitStatements, type Statement } from './splitStatements.ts';

/** A migration of the Supabase CLI's layout, `<version>_<name>.sql`, its version being 14 digits. */
export interface MigrationFile {
  fileName: string;
  version: string;
  name: string;
}

const FILE_NAME = /^(?<version>\d{14})_(?<name>.+)\.sql$/;

/** The migrations of a directory in the order they are applied. Rejects if it is missing or two share a version. */
export async function listMigrations(
  directory: string,
  log: (message: string) => void,
): Promise<MigrationFile[]> {
  const files: MigrationFile[] = [];
  for (const fileName of (await readdir(directory)).toSorted()) {
    const parts = FILE_NAME.exec(fileName)?.groups;
    if (parts) files.push({ fileName, version: parts['version'] ?? '', name: parts['name'] ?? '' });
    else if (fileName.endsWith('.sql')) log(`Skipped ${fileName}: its name is not <14 digits>_<name>.sql.`);
  }
  const twice = files.find((file, index) => files[index - 1]?.version === file.version);
  if (twice) throw new Error(`Two migrations have the version ${twice.version}. Give one of them another.`);
  return files;
}

export async function readStatements(directory: string, file: MigrationFile): Promise<Statement[]> {
  const sql = await readFile(join(directory, file.fileName), 'utf8');
  return splitStatements(sql.replace(/^\uFEFF/, ''));
}
