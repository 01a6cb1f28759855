import type { Lease } from '../../ports/jobStore.ts';
import { bigintArray, uuidArray } from './arrays.ts';
import { sameJson } from './sameJson.ts';

/** The rows that one job adds to one table. */
export interface RowsOfJob {
  lease: Lease;
  rows: object[];
}

/** Leases by what their jobs' rows are as JSON: jobs whose rows are the same, in the same order, stand together. */
export function groupsOf(all: RowsOfJob[]): Map<string, Lease[]> {
  const groups = new Map<string, Lease[]>();
  let last: { rows: object[]; leases: Lease[] } | undefined;
  for (const { lease, rows } of all) {
    // Most jobs are like the one before: to see that is much cheaper than to write both.
    if (last && sameJson(last.rows, rows)) {
      last.leases.push(lease);
      continue;
    }
    const text = JSON.stringify(rows);
    const leases = groups.get(text) ?? [];
    leases.push(lease);
    groups.set(text, leases);
    last = { rows, leases };
  }
  return groups;
}

/**
 * JSON of `[{jobs, tokens, rows}]`, in which the rows of a group are said once. Lists of jobs and tokens are Postgres
 * arrays in a text, which it reads faster than JSON. Undefined without groups.
 */
export function writeGroups(groups: Map<string, Lease[]>): string | undefined {
  if (groups.size === 0) return undefined;
  return `[${[...groups].map(([rows, leases]) => groupJson(rows, leases)).join(',')}]`;
}

export const groupRows = (all: RowsOfJob[]): string | undefined => writeGroups(groupsOf(all));

function groupJson(rows: string, leases: Lease[]): string {
  const jobs = uuidArray(leases.map(({ jobId }) => jobId));
  const tokens = bigintArray(leases.map(({ token }) => token));
  return `{"jobs":"${jobs}","tokens":"${tokens}","rows":${rows}}`;
}
