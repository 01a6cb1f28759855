import { variables } from './variables.ts';
import { readVariables, type VariableSources } from './variables/readVariables.ts';

/** A login role of the product and the connection string that the service will use for it. */
export interface RoleUrl {
  role: string;
  variable: string;
  url: string;
}

export type MigrationConfigReading =
  | { ok: true; migratorUrl: string; roleUrls: RoleUrl[]; missing: string[]; warnings: string[] }
  | { ok: false; problems: string[]; warnings: string[] };

const roleVariables = [
  ['fulfillment_intake', 'DATABASE_URL_INTAKE'],
  ['fulfillment_worker', 'DATABASE_URL_WORKER'],
  ['fulfillment_shelf', 'DATABASE_URL_SHELF'],
  ['fulfillment_reader', 'DATABASE_URL_READER'],
  ['fulfillment_operations', 'DATABASE_URL_OPERATIONS'],
] as const;

/** What `migrate` needs: the owner's URL, and the roles' URLs as far as they are set. */
export function readMigrationConfig(sources: VariableSources): MigrationConfigReading {
  const { values, problems, warnings } = readVariables(sources, 'migrate');
  const { DATABASE_URL_MIGRATOR: migratorUrl } = values;
  if (problems.length > 0 || migratorUrl === undefined) {
    return { ok: false, problems: problems.map(({ text }) => text), warnings };
  }
  const roleUrls = roleVariables.flatMap(([role, variable]) => {
    const url = values[variable];
    return url === undefined ? [] : [{ role, variable, url }];
  });
  const missing = roleVariables.flatMap(([, variable]) =>
    values[variable] === undefined && !variables[variable].optional ? [variable] : [],
  );
  return { ok: true, migratorUrl, roleUrls, missing, warnings };
}
