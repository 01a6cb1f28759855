import type { Bench } from './bench.ts';

export interface StatementCounts {
  /** Statements that the engine sent, `begin` and `commit` among them. */
  statements: number;
  claims: number;
  claimedRows: number;
  /** Buffers that the claims asked for, and the reading of what they claimed. */
  claimBlocks: number;
}

/** Counts the statements of sessions that begin from now on in this database. */
export async function watchStatements(bench: Bench, database: string): Promise<void> {
  await bench.postgres.admin.query(`alter database "${database}" set pg_stat_statements.track = 'top'`);
  await forgetStatements(bench);
}

export async function forgetStatements(bench: Bench): Promise<void> {
  await bench.postgres.admin.query('select pg_stat_statements_reset()');
}

export async function readStatements(
  bench: Bench,
  database: string,
  claim: string[],
): Promise<StatementCounts> {
  const { rows } = await bench.postgres.admin.query<StatementCounts>(
    `select coalesce(sum(calls), 0)::bigint as statements,
            coalesce(sum(calls) filter (where query ilike $2), 0)::bigint as claims,
            coalesce(sum(rows) filter (where query ilike $2), 0)::bigint as "claimedRows",
            coalesce(sum(shared_blks_hit + shared_blks_read) filter (where query ilike any($3)), 0)::bigint
              as "claimBlocks"
     from pg_stat_statements
     where dbid = (select oid from pg_database where datname = $1)`,
    [database, claim[0] ?? '', claim],
  );
  return rows[0] ?? { statements: 0, claims: 0, claimedRows: 0, claimBlocks: 0 };
}
