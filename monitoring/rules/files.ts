import { truthBy } from '../expressions.ts';
import { houseRules } from './house.ts';
import { jobRules } from './jobs.ts';
import { outsideRules } from './outside.ts';
import type { AlertRule, RecordingRule, RuleGroup } from './rule.ts';
import { selfRules } from './self.ts';
import { sloRecordings, sloRules } from './slo.ts';

const recordings: readonly RecordingRule[] = [
  { record: 'service:fulfillment_jobs_active:max', expr: truthBy('fulfillment_jobs_active', 'state, step') },
];

/** Files of rules by name, as Prometheus loads them. */
export const ruleFiles: Readonly<Record<string, readonly RuleGroup[]>> = {
  recording: [
    { name: 'fulfillment.recording', rules: recordings },
    { name: 'fulfillment.recording.slo', interval: '30s', rules: sloRecordings },
  ],
  alerts: [
    { name: 'fulfillment.jobs', rules: jobRules },
    { name: 'fulfillment.outside', rules: outsideRules },
    { name: 'fulfillment.house', rules: houseRules },
  ],
  slo: [{ name: 'fulfillment.slo', interval: '30s', rules: sloRules }],
  self: [{ name: 'fulfillment.self', rules: selfRules }],
};

/** All alerts of all files. */
export const alertRules: readonly AlertRule[] = [
  ...jobRules,
  ...outsideRules,
  ...houseRules,
  ...sloRules,
  ...selfRules,
];
