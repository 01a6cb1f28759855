import { z } from 'zod';
import type { AlertDesk, AlertRow } from '../../ports/alerts.ts';
import type { ChangeOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';

const input = z.strictObject({
  alertId: z.uuid().describe('The alert, as alerts:list names it.'),
  version: z
    .int()
    .positive()
    .describe('The version of the alert that was looked at; refused when it has moved.'),
});
const output = z.strictObject({
  alertId: z.string(),
  version: z.int().describe('The version of the alert after this.'),
  state: z.string(),
});

/** Somebody says that they are at it. The alert stays until its rule holds no more. */
export function createAcknowledgeAlert(
  desk: Pick<AlertDesk, 'lock' | 'acknowledge'>,
): ChangeOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'change',
    name: 'alert:acknowledge',
    permission: 'alert:acknowledge',
    summary: 'Say that you are looking into an alert, and what you know so far',
    path: '/alerts/:alertId/acknowledge',
    reason: 'required',
    input,
    output,
    target: ({ alertId }) => ({ kind: 'alert', id: alertId }),
    async change(tx, { alertId, version }, by) {
      const alert = await desk.lock(tx, alertId);
      if (!alert) throw unknownAlert();
      if (alert.version !== version) throw moved(alert, version);
      if (alert.state !== 'open') throw notOpen(alert);
      const next = await desk.acknowledge(tx, alertId, {
        subject: by.caller.subject,
        reason: by.reason ?? '',
      });
      return {
        output: { alertId, version: next, state: 'acknowledged' },
        before: { state: alert.state, version },
        after: { state: 'acknowledged', version: next },
        details: { rule: alert.rule, scope: alert.scope },
      };
    },
  };
}

const unknownAlert = () =>
  new Refusal({
    kind: 'not_found',
    code: 'unknown_alert',
    field: 'alertId',
    detail: 'There is no such alert.',
    remedy: 'List the alerts.',
  });

/** What is known of the way it went since it was opened. */
function historyOf({ acknowledged, resolvedAt, seenAt }: AlertRow): Array<{ at: string; what: string }> {
  return [
    ...(acknowledged
      ? [{ at: acknowledged.at.toISOString(), what: `acknowledged by ${acknowledged.by}` }]
      : []),
    ...(resolvedAt ? [{ at: resolvedAt.toISOString(), what: 'resolved' }] : []),
    ...(acknowledged || resolvedAt ? [] : [{ at: seenAt.toISOString(), what: 'seen again' }]),
  ];
}

const moved = (alert: AlertRow, version: number) =>
  new Refusal({
    kind: 'changed',
    code: 'alert_changed',
    field: 'version',
    detail:
      version > alert.version
        ? `The alert has no version ${version}; it is at ${alert.version}.`
        : `The alert has moved from version ${version} to ${alert.version}, and is ${alert.state}.`,
    remedy: 'Look at it again.',
    changes: historyOf(alert),
  });

const notOpen = ({ state }: AlertRow) =>
  new Refusal({
    kind: 'wrong_state',
    code: `alert_${state}`,
    detail: `The alert is ${state} already.`,
  });
