import type { Finding } from '../../cli/duties.ts';
import { connectOnce } from '../../store/inspection/connectOnce.ts';
import { countProducts } from '../../store/inspection/countProducts.ts';
import { readEventPartitions, type EventPartitions } from '../../store/inspection/readEventPartitions.ts';
import { readMigrationStanding, type MigrationStanding } from '../../store/schema/pendingMigrations.ts';
import { migrationsDirectory } from '../migrateDatabase.ts';
import { causeOf } from '../unreachable.ts';
import { findingsOf, type Check } from './check.ts';

const remedy = 'Run: fulfillment migrate';

/** Whether the database is of this release. */
export function judgeMigrations({ pending, applied, unknown }: MigrationStanding): Finding[] {
  const { ok, note, failed } = findingsOf('migrations');
  const newer = unknown.map((version) =>
    note(`the database has ${version}, which this release does not know`),
  );
  if (pending.length > 0)
    return [failed(`${pending.length} not applied, the first being ${pending[0]}`, remedy), ...newer];
  return [ok(`all ${applied} applied`), ...newer];
}

const monthsAheadMin = 2;

/** Without a partition for its month no job could be accepted. */
export function judgePartitions({ tableThere, monthsAhead }: EventPartitions): Finding[] {
  const { ok, failed } = findingsOf('event partitions');
  if (!tableThere) return [failed('the timeline’s table is missing', remedy)];
  if (monthsAhead >= monthsAheadMin) return [ok(`made for ${monthsAhead} months ahead`)];
  const detail =
    monthsAhead < 0
      ? 'none for this month: nothing can be accepted'
      : `made for only ${monthsAhead} months ahead`;
  return [
    failed(
      detail,
      'A running worker makes them; as the owner: select fulfillment.ensure_event_partitions(3)',
    ),
  ];
}

/** Migrations need the owner's eyes, because the table of versions is the owner's; partitions are seen by all. */
export const schemaCheck: Check = {
  name: 'migrations',
  async run({ config, migratorUrl }) {
    const findings = await Promise.all([
      lookAtMigrations(migratorUrl),
      lookAtPartitions(config.database.readerUrl),
      lookAtCatalog(config.database.readerUrl),
    ]);
    return findings.flat();
  },
};

async function lookAtMigrations(migratorUrl: string | null): Promise<Finding[]> {
  const { note, failed } = findingsOf('migrations');
  if (migratorUrl === null)
    return [note('not compared: DATABASE_URL_MIGRATOR is not set here', 'Run the doctor once where it is.')];
  try {
    return judgeMigrations(
      await connectOnce(migratorUrl, (client) => readMigrationStanding(client, migrationsDirectory)),
    );
  } catch (error) {
    return [failed(`DATABASE_URL_MIGRATOR: ${causeOf(error)}`)];
  }
}

async function lookAtCatalog(readerUrl: string): Promise<Finding[]> {
  const { ok, warning } = findingsOf('catalogue');
  const products = await connectOnce(readerUrl, countProducts).catch(() => undefined);
  // A database that cannot be read, or has no tables, is told of by other checks.
  if (products === undefined) return [];
  if (products > 0) return [ok(`${products} products`)];
  return [
    warning(
      'it is empty: every sale would be blocked as unknown_product',
      'Import the products that are sold.',
    ),
  ];
}

async function lookAtPartitions(readerUrl: string): Promise<Finding[]> {
  try {
    return judgePartitions(await connectOnce(readerUrl, readEventPartitions));
  } catch (error) {
    return [findingsOf('event partitions').failed(`DATABASE_URL_READER: ${causeOf(error)}`)];
  }
}
