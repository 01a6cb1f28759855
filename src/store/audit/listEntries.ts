import { type AuditFilter, type AuditPage, auditPageMax, type AuditPageRequest } from '../../ports/audit.ts';
import { ask, type Database } from '../shelf/ask.ts';
import { canonicalUuid } from './appendEntry.ts';
import { auditColumns, type StoredAuditRow, toAuditRow } from './auditRow.ts';

interface Conditions {
  texts: string[];
  values: unknown[];
}

function conditionsOf(filter: AuditFilter): Conditions {
  const texts: string[] = [];
  const values: unknown[] = [];
  const add = (value: unknown, condition: (place: string) => string) => {
    if (value === undefined) return;
    values.push(value);
    texts.push(condition(`$${values.length}`));
  };
  const is = (column: string) => (place: string) => `a.${column} = ${place}`;
  add(filter.actor, is('actor'));
  add(filter.action, is('action'));
  add(filter.target?.kind, is('target_kind'));
  add(filter.target?.id, is('target_id'));
  add(filter.result, is('result'));
  add(filter.channel, is('channel'));
  add(filter.requestId, is('request_id'));
  add(filter.bulkRunId === undefined ? undefined : canonicalUuid(filter.bulkRunId), is('bulk_run_id'));
  // Rows are numbered as time goes, which the planner cannot know: told so, it reads the stretch and nothing beside it.
  add(
    filter.from,
    (place) => `a.at >= ${place}::timestamptz and a.seq >= (select b.seq from fulfillment.ops_audit b
      where b.at >= ${place}::timestamptz order by b.at, b.seq limit 1)`,
  );
  add(
    filter.to,
    (place) => `a.at < ${place}::timestamptz and a.seq <= (select b.seq from fulfillment.ops_audit b
      where b.at < ${place}::timestamptz order by b.at desc, b.seq desc limit 1)`,
  );
  return { texts, values };
}

/** A page of the log, and one row more to see whether there is another page. */
export async function listEntries(
  database: Database,
  filter: AuditFilter,
  { limit, order = 'latest', after }: AuditPageRequest,
): Promise<AuditPage> {
  if (!Number.isInteger(limit) || limit < 1 || limit > auditPageMax)
    throw new RangeError(`A page has 1 to ${auditPageMax} rows.`);
  if ([filter.from, filter.to].some((time) => time && Number.isNaN(time.getTime())))
    throw new RangeError('A filter by time needs a time.');
  const { texts, values } = conditionsOf(filter);
  if (after !== undefined) {
    values.push(after);
    texts.push(`a.seq ${order === 'latest' ? '<' : '>'} $${values.length}`);
  }
  const found = await ask<StoredAuditRow>(
    database,
    `select ${auditColumns} from fulfillment.ops_audit a
      where ${[...texts, 'true'].join(' and ')}
      order by a.seq ${order === 'latest' ? 'desc' : 'asc'} limit ${limit + 1}`,
    values,
  );
  const rows = found.slice(0, limit).map(toAuditRow);
  return { rows, next: found.length > limit ? (rows.at(-1)?.seq ?? null) : null };
}
