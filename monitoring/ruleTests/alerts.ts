import { blindnessCases } from './blindness.ts';
import type { RuleCase } from './case.ts';
import { type TruthSpec, truthCases } from './truthCases.ts';

/** A switch that is 0 or 1 for five minutes each, from the fifth to the tenth 1. */
const switched = { values: '0x19 1x19 0x40', below: '4m59s', above: '5m7s', resolved: '10m11s' };
const onOff = { quiet: '0x60', firing: '1x60' };

const specs: readonly TruthSpec[] = [
  {
    alert: 'FulfillmentJobBeyondSla',
    metric: 'fulfillment_oldest_open_job_deadline_timestamp_seconds',
    // Five minutes after its acceptance in the second of the start; done after ten.
    life: {
      values: '300x39 0x40',
      below: '5m0s',
      above: '5m2s',
      summary: 'An order is past its deadline by 1s',
      resolved: '10m11s',
    },
    ...onOff,
    held: { at: '2m27s', summary: 'An order is past its deadline by 2m 26s' },
    blind: 'An order is past its deadline by 2m 26s',
  },
  {
    alert: 'FulfillmentFailureRate',
    metric: 'fulfillment_jobs_failed_recent',
    labels: 'window="1h"',
    life: {
      values: '3x19 4x19 3x40',
      below: '4m59s',
      above: '5m7s',
      summary: '4 jobs failed within an hour, more than 3',
      resolved: '10m11s',
    },
    quiet: '3x60',
    firing: '4x60',
    held: { at: '2m27s', summary: '4 jobs failed within an hour, more than 3' },
    blind: '4 jobs failed within an hour, more than 3',
  },
  {
    alert: 'FulfillmentJobBlocked',
    metric: 'fulfillment_jobs_active',
    labels: 'state="blocked",step="send_receipt_email"',
    life: { ...switched, summary: '1 jobs are blocked and wait for a person' },
    ...onOff,
    held: { at: '2m27s', summary: '1 jobs are blocked and wait for a person' },
    blind: '1 jobs are blocked and wait for a person',
  },
  {
    alert: 'FulfillmentWebhookSilence',
    metric: 'fulfillment_webhook_silent',
    life: { ...switched, summary: 'Payments are found by polling alone: no webhook tells of them' },
    ...onOff,
    held: { at: '2m27s', summary: 'Payments are found by polling alone: no webhook tells of them' },
    blind: 'Payments are found by polling alone: no webhook tells of them',
  },
  {
    alert: 'FulfillmentMailHeld',
    metric: 'fulfillment_mail_gate_closed',
    labels: 'why="brake"',
    life: { ...switched, summary: 'All mail is held: the gate that it goes through is closed' },
    ...onOff,
    held: { at: '2m27s', summary: 'All mail is held: the gate that it goes through is closed' },
    blind: 'All mail is held: the gate that it goes through is closed',
  },
  {
    alert: 'FulfillmentAuditChainBroken',
    metric: 'fulfillment_audit_chain_broken',
    life: { ...switched, summary: 'The chain of the audit is broken: rows were changed, removed or put in' },
    ...onOff,
    held: { at: '2m27s', summary: 'The chain of the audit is broken: rows were changed, removed or put in' },
    blind: 'The chain of the audit is broken: rows were changed, removed or put in',
  },
  {
    alert: 'FulfillmentPartitionsShort',
    metric: 'fulfillment_event_partitions_ahead',
    life: {
      values: '2x19 1x19 2x40',
      below: '4m59s',
      above: '5m7s',
      summary: 'The timeline has partitions for 1 months ahead, fewer than 2',
      resolved: '10m11s',
    },
    quiet: '2x60',
    firing: '1x60',
    held: { at: '2m27s', summary: 'The timeline has partitions for 1 months ahead, fewer than 2' },
    blind: 'The timeline has partitions for 1 months ahead, fewer than 2',
  },
  {
    alert: 'FulfillmentWorkersGone',
    metric: 'fulfillment_worker_last_beat_timestamp_seconds',
    // The last beat in second 285, seen missing for 45 s in 330 and for 60 s in 345.
    life: {
      values: '0+15x19 285x19 600+15x40',
      below: '5m44s',
      above: '5m50s',
      summary: 'No worker has given a sign of life for 1m 0s',
      resolved: '10m11s',
    },
    quiet: '0+15x60',
    firing: '1x60',
    held: { at: '2m27s', summary: 'No worker has given a sign of life for 2m 14s' },
    // 59 s had gone by when somebody last looked.
    blind: 'No worker has given a sign of life for 59s',
  },
  {
    alert: 'FulfillmentSentinelGone',
    metric: 'fulfillment_sentinel_last_evaluation_timestamp_seconds',
    life: {
      values: '0+15x19 285x19 600+15x40',
      below: '5m59s',
      above: '6m4s',
      summary: 'The sentinel has not looked for 1m 15s',
      resolved: '10m11s',
    },
    quiet: '0+15x60',
    firing: '1x60',
    held: { at: '2m27s', summary: 'The sentinel has not looked for 2m 14s' },
    blind: null,
  },
  {
    alert: 'FulfillmentCatchUpStale',
    metric: 'fulfillment_catch_up_last_success_timestamp_seconds',
    life: {
      values: '0+15x19 285x19 600+15x40',
      below: '7m29s',
      above: '7m35s',
      summary: "Stripe's events have not been read to their end for 2m 45s",
      resolved: '10m11s',
    },
    quiet: '0+15x60',
    firing: '1x60',
    held: { at: '5m7s', summary: "Stripe's events have not been read to their end for 4m 59s" },
    blind: null,
  },
  {
    alert: 'FulfillmentAlertDeliveryFailing',
    metric: 'fulfillment_oldest_pending_alert_delivery_timestamp_seconds',
    life: {
      values: '60x39 0x40',
      below: '6m0s',
      above: '6m5s',
      summary: 'An alert of the sentinel has reached nobody for 5m 4s',
      resolved: '10m11s',
    },
    quiet: '0x60',
    firing: '1x60',
    held: { at: '5m11s', summary: 'An alert of the sentinel has reached nobody for 5m 7s' },
    blind: 'An alert of the sentinel has reached nobody for 5m 7s',
  },
];

/** Cases of `alerts.rules.yml` that take minutes. */
export const alertCases: readonly RuleCase[] = [...specs.flatMap(truthCases), ...blindnessCases];
