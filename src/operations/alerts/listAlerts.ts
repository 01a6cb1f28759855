import { z } from 'zod';
import { type AlertDesk, type AlertRow, alertSeverities, alertStates } from '../../ports/alerts.ts';
import type { ReadOperation } from '../frame/operation.ts';

const input = z.strictObject({
  state: z
    .enum([...alertStates, 'unresolved', 'all'])
    .default('unresolved')
    .describe('Which: open, acknowledged, resolved, unresolved (the first two), or all.'),
  severity: z
    .enum(alertSeverities)
    .optional()
    .describe('Only what pages somebody, or only what makes a ticket.'),
  rule: z.string().min(1).max(100).optional().describe('Only alerts of this rule.'),
  limit: z.int().min(1).max(200).default(50).describe('How many alerts a page has.'),
  cursor: z.uuid().optional().describe('Where to go on: `next` of the page before.'),
});

const alert = z.strictObject({
  alertId: z.string(),
  rule: z.string(),
  scope: z.string(),
  severity: z.enum(alertSeverities),
  state: z.enum(alertStates),
  summary: z.string(),
  jobId: z.string().nullable(),
  version: z.int().describe('Say it when acknowledging.'),
  openedAt: z.string(),
  seenAt: z.string().describe('When the rule last held.'),
  notifiedAt: z.string().nullable(),
  acknowledged: z.strictObject({ at: z.string(), by: z.string(), reason: z.string().nullable() }).nullable(),
  resolvedAt: z.string().nullable(),
});
const output = z.strictObject({
  alerts: z.array(alert).describe('The latest first.'),
  next: z.string().nullable().describe('Where to go on; null at the end.'),
});

const statesOf = { unresolved: ['open', 'acknowledged'], all: alertStates } as const;

/** What people were told to look at. */
export function createListAlerts(
  desk: Pick<AlertDesk, 'list'>,
): ReadOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'read',
    name: 'alerts:list',
    permission: 'alerts:read',
    summary: 'List alerts, the latest first; unless told otherwise those that are not resolved',
    path: '/alerts',
    input,
    output,
    async read({ state, severity, rule, limit, cursor }) {
      const states = state === 'unresolved' || state === 'all' ? statesOf[state] : [state];
      const found = await desk.list(
        { states, ...(severity === undefined ? {} : { severity }), ...(rule === undefined ? {} : { rule }) },
        { limit: limit + 1, ...(cursor === undefined ? {} : { after: cursor }) },
      );
      const alerts = found.slice(0, limit).map(shown);
      return { alerts, next: found.length > limit ? (alerts.at(-1)?.alertId ?? null) : null };
    },
  };
}

function shown(row: AlertRow): z.infer<typeof alert> {
  const { acknowledged } = row;
  return {
    ...row,
    openedAt: row.openedAt.toISOString(),
    seenAt: row.seenAt.toISOString(),
    notifiedAt: row.notifiedAt?.toISOString() ?? null,
    acknowledged: acknowledged && { ...acknowledged, at: acknowledged.at.toISOString() },
    resolvedAt: row.resolvedAt?.toISOString() ?? null,
  };
}
