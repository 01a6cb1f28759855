import { fileURLToPath } from 'node:url';
import type { MigrationReport } from '../cli/duties.ts';
import { exitCodes } from '../cli/exitCodes.ts';
import { CommandFailure } from '../cli/failure.ts';
import { connectOnce } from '../store/inspection/connectOnce.ts';
import { migrate } from '../store/migrate.ts';
import { setRolePasswords, type RolePassword } from '../store/roles/setRolePasswords.ts';
import { readMigrationStanding } from '../store/schema/pendingMigrations.ts';
import type { RoleUrl } from './readMigrationConfig.ts';
import { databaseFailure } from './unreachable.ts';

/** The migrations that came with this release; two levels above this file both in src/ and in dist/. */
export const migrationsDirectory = fileURLToPath(new URL('../../supabase/migrations', import.meta.url));

export interface MigrateDatabaseOptions {
  migratorUrl: string;
  roleUrls: readonly RoleUrl[];
  /** Variables of roles that are not set. */
  missing: string[];
  dryRun: boolean;
  setPasswords: boolean;
  say(line: string): void;
}

/** Brings the database up to date and, if asked, gives the roles the passwords of their URLs. */
export async function migrateDatabase(options: MigrateDatabaseOptions): Promise<MigrationReport> {
  const { migratorUrl, dryRun, setPasswords } = options;
  // Before anything is changed, so that a bad URL leaves nothing half done.
  const passwords = setPasswords ? options.roleUrls.map(passwordOf) : [];
  if (setPasswords && passwords.length === 0) {
    throw invalid('--set-passwords needs the URLs of the roles.', [
      `Set at least one of ${options.missing.join(', ')}.`,
    ]);
  }
  try {
    if (dryRun) {
      const standing = await connectOnce(migratorUrl, (client) =>
        readMigrationStanding(client, migrationsDirectory),
      );
      return {
        applied: standing.pending,
        alreadyThere: standing.applied,
        passwordsSet: [],
        passwordsMissing: [],
      };
    }
    const done = await migrate({ client: migratorUrl, directory: migrationsDirectory, log: options.say });
    if (setPasswords) await connectOnce(migratorUrl, (client) => setRolePasswords(client, passwords));
    return {
      ...done,
      passwordsSet: passwords.map(({ role }) => role),
      passwordsMissing: setPasswords ? options.missing : [],
    };
  } catch (error) {
    throw databaseFailure(error, 'The database of DATABASE_URL_MIGRATOR');
  }
}

function passwordOf({ role, variable, url }: RoleUrl): RolePassword {
  const { username, password } = new URL(url);
  // Poolers want the project's name behind the role's, as in `role.project`.
  const [user] = decodeURIComponent(username).split('.');
  if (user !== role) throw invalid(`${variable} must log in as ${role}.`);
  const text = decodeURIComponent(password);
  if (text === '') throw invalid(`${variable} has no password to give to ${role}.`);
  if (!/^[\x20-\x7e]+$/.test(text))
    throw invalid(`The password in ${variable} must be made of printable ASCII characters.`);
  return { role, password: text };
}

const invalid = (message: string, details: string[] = []) =>
  new CommandFailure(message, { exitCode: exitCodes.usage, details });
