/** One row of a batch, of the job it belongs to. */
export interface JobRow {
  jobId: string;
  /** The lease token, where the table keeps it. */
  token?: bigint;
  row: object;
}

interface Group {
  jobs: string[];
  tokens: Array<bigint | undefined>;
}

/**
 * JSON of `[{jobs, tokens, rows}]`: jobs whose rows are the same, in the same order, stand together, and their rows are
 * said once. Lists of jobs and tokens are Postgres arrays in a text, which it reads faster than JSON. Undefined
 * without rows.
 */
export function groupRows(all: JobRow[]): string | undefined {
  if (all.length === 0) return undefined;
  const byJob = new Map<string, { token: bigint | undefined; rows: object[] }>();
  for (const { jobId, token, row } of all) {
    const job = byJob.get(jobId);
    if (job) job.rows.push(row);
    else byJob.set(jobId, { token, rows: [row] });
  }
  const groups = new Map<string, Group>();
  for (const [jobId, { token, rows }] of byJob) {
    const text = JSON.stringify(rows);
    const group = groups.get(text);
    if (group) {
      group.jobs.push(jobId);
      group.tokens.push(token);
    } else groups.set(text, { jobs: [jobId], tokens: [token] });
  }
  return `[${[...groups].map(([rows, group]) => groupJson(rows, group)).join(',')}]`;
}

function groupJson(rows: string, { jobs, tokens }: Group): string {
  const withTokens = tokens[0] === undefined ? '' : `"tokens":"{${tokens.join(',')}}",`;
  return `{"jobs":"{${jobs.join(',')}}",${withTokens}"rows":${rows}}`;
}
