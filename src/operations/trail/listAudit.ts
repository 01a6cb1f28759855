import { z } from 'zod';
import type { AuditLog, AuditRow } from '../../ports/audit.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ReadOperation } from '../frame/operation.ts';
import { auditFilterInput, auditFilterOf, auditTimes } from './auditInput.ts';
import { momentOf } from './momentInput.ts';

export interface ListAuditOptions {
  log: Pick<AuditLog, 'list'>;
  clock: Pick<Clock, 'now'>;
}

const input = z.strictObject({
  ...auditFilterInput,
  since: auditTimes.since.optional(),
  until: auditTimes.until.optional(),
  limit: z.int().min(1).max(200).default(50).describe('How many rows a page has.'),
  cursor: z.int().positive().optional().describe('Where to go on: `next` of the page before.'),
});

const row = z.strictObject({
  seq: z.int(),
  at: z.string().nullable().describe('Null where somebody has made it no time: see audit:verify.'),
  actor: z.string(),
  roles: z.array(z.string()),
  channel: z.string(),
  action: z.string(),
  target: z.strictObject({ kind: z.string(), id: z.string() }).nullable(),
  result: z.string(),
  reason: z.string().nullable(),
  requestId: z.string().nullable(),
  bulkRunId: z.string().nullable(),
  traceId: z.string().nullable(),
  before: z.json().describe('What it was, by reference.'),
  after: z.json().describe('What it became, by reference.'),
  details: z.json(),
  hash: z.string().describe('Of this row and, through it, of all before it.'),
});
const output = z.strictObject({
  rows: z.array(row).describe('The latest first.'),
  next: z.int().nullable().describe('Where to go on; null at the end.'),
});

/** Who did what, and who was refused. */
export function createListAudit({
  log,
  clock,
}: ListAuditOptions): ReadOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'read',
    name: 'audit:list',
    permission: 'audit:read',
    summary: 'List who did what, the latest first',
    path: '/audit',
    input,
    output,
    async read(asked) {
      const { since, until, limit, cursor } = asked;
      const now = clock.now();
      const filter = {
        ...auditFilterOf(asked),
        ...(since === undefined ? {} : { from: momentOf(since, now, now) }),
        ...(until === undefined ? {} : { to: momentOf(until, now, now) }),
      };
      const page = await log.list(filter, { limit, ...(cursor === undefined ? {} : { after: cursor }) });
      return { rows: page.rows.map(shown), next: page.next };
    },
  };
}

function shown(entry: AuditRow): z.infer<typeof row> {
  const { seq, at, actor, roles, channel, action, target, result, reason, requestId, hash } = entry;
  const { bulkRunId, traceId } = entry;
  return {
    ...{ seq, actor, channel, action, target, result, reason, requestId, bulkRunId, traceId, hash },
    at: Number.isNaN(at.getTime()) ? null : at.toISOString(),
    roles: [...roles],
    before: entry.before as z.core.util.JSONType,
    after: entry.after as z.core.util.JSONType,
    details: entry.details as z.core.util.JSONType,
  };
}
