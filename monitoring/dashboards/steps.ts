import { guardrails } from '../../src/domain/guardrails.ts';
import { seconds, truth, truthBy, waitingSince } from '../expressions.ts';
import { type DashboardSpec, type RowSpec, units } from './panel.ts';
import { perSecond, quantile } from './queries.ts';

const chosenStep = '{step=~"$step"}';
const chosenProvider = '{provider=~"$provider"}';

const steps: RowSpec = {
  title: 'Steps',
  panels: [
    {
      title: 'Unfinished, by step',
      description: 'Where unfinished jobs stand: the first step of theirs that is not done.',
      kind: 'time',
      unit: units.count,
      width: 12,
      rule: 'job_blocked',
      targets: [
        {
          expr: `sum by (step) ${truthBy(`fulfillment_jobs_active${chosenStep}`, 'state, step')}`,
          legend: '{{step}}',
          returns: { '{step="issue_receipt"}': 9, '{step="send_receipt_email"}': 12 },
        },
      ],
    },
    {
      title: 'Attempts, by result',
      description:
        'All attempts of steps and of the effects within them. Retries are ordinary, failures are not.',
      kind: 'time',
      unit: units.perSecond,
      width: 12,
      rule: 'failure_rate',
      targets: [
        {
          expr: perSecond(`fulfillment_step_attempts_total${chosenStep}`, 'result'),
          legend: '{{result}}',
          returns: { '{result="done"}': 8, '{result="skipped"}': 12 },
        },
      ],
    },
    {
      title: 'Duration of attempts (p95)',
      description: 'The step that became slower is usually the one whose provider did.',
      kind: 'time',
      unit: units.seconds,
      width: 12,
      rule: 'slo_burn_fast',
      targets: [
        {
          expr: quantile(0.95, 'fulfillment_step_duration_seconds', chosenStep, 'step'),
          legend: '{{step}}',
          returns: { '{step="issue_receipt"}': 0.2425, '{step="send_receipt_email"}': 0.2425 },
        },
      ],
    },
    {
      title: 'The longest held',
      description: 'For how long the job is held that has been held the longest. Its clock stands.',
      kind: 'number',
      unit: units.seconds,
      width: 12,
      rule: 'job_held_long',
      thresholds: [[seconds(guardrails.heldLongMs), 'yellow']],
      none: 'none is held',
      targets: [
        {
          expr: waitingSince('fulfillment_oldest_held_job_timestamp_seconds'),
          legend: 'held',
          returns: { '{}': 37 },
        },
      ],
    },
  ],
};

const providers: RowSpec = {
  title: 'Providers',
  panels: [
    {
      title: 'Calls, by what came of them',
      description: 'Answers, and kinds of faults. Transient and limited ones are repeated.',
      kind: 'time',
      unit: units.perSecond,
      width: 12,
      rule: 'provider_circuit_open',
      targets: [
        {
          expr: perSecond(`fulfillment_provider_calls_total${chosenProvider}`, 'provider, outcome'),
          legend: '{{provider}}: {{outcome}}',
          returns: {
            '{provider="smtp", outcome="answered"}': 2,
            '{provider="smtp", outcome="transient"}': 4,
            '{provider="stripe", outcome="answered"}': 6,
            '{provider="stripe", outcome="transient"}': 8,
          },
        },
      ],
    },
    {
      title: 'Duration of calls (p95)',
      description: 'By provider, over all calls with an answer or without.',
      kind: 'time',
      unit: units.seconds,
      width: 12,
      rule: 'provider_circuit_open',
      targets: [
        {
          expr: quantile(0.95, 'fulfillment_provider_call_duration_seconds', chosenProvider, 'provider'),
          legend: '{{provider}}',
          returns: { '{provider="smtp"}': 0.2425, '{provider="stripe"}': 0.2425 },
        },
      ],
    },
    {
      title: 'Breakers and pauses',
      description: 'Breaker: 0 closed, 1 half open, 2 open. Paused by people: 1.',
      kind: 'time',
      unit: units.state,
      width: 12,
      rule: 'provider_circuit_open',
      thresholds: [
        [1, 'yellow'],
        [2, 'red'],
      ],
      targets: [
        {
          expr: truthBy(`fulfillment_provider_circuit_state${chosenProvider}`, 'provider'),
          legend: '{{provider}}',
          returns: { '{provider="smtp"}': 1, '{provider="stripe"}': 2 },
        },
        {
          expr: truthBy(`fulfillment_provider_paused${chosenProvider}`, 'provider'),
          legend: '{{provider}} paused',
          returns: { '{provider="smtp"}': 1, '{provider="stripe"}': 0 },
        },
      ],
    },
    {
      title: 'Changes of breakers',
      description: 'One that opens and closes by turns is in trouble, too.',
      kind: 'time',
      unit: units.perSecond,
      width: 12,
      rule: 'provider_circuit_open',
      targets: [
        {
          expr: perSecond(`fulfillment_provider_circuit_changes_total${chosenProvider}`, 'change'),
          legend: '{{change}}',
          returns: { '{change="opened"}': 10, '{change="half_open"}': 14, '{change="closed"}': 18 },
        },
      ],
    },
  ],
};

const mail: RowSpec = {
  title: 'Mail',
  panels: [
    {
      title: 'The gate',
      description: 'Whether all mail is held, and by what: the brake, restore mode, shadow mode.',
      kind: 'number',
      unit: units.yesNo,
      width: 8,
      rule: 'mail_refused',
      thresholds: [[1, 'red']],
      targets: [
        {
          expr: truthBy('fulfillment_mail_gate_closed', 'why'),
          legend: 'closed by {{why}}',
          returns: { '{why="brake"}': 1, '{why="restore"}': 0, '{why="shadow"}': 0 },
        },
      ],
    },
    {
      title: 'Mails that wait',
      description:
        'Held: for a person. Unproven: a provider has taken them, and nothing proves yet where they got to.',
      kind: 'time',
      unit: units.count,
      width: 8,
      rule: 'mail_refused',
      targets: [
        { expr: truth('fulfillment_mails_held'), legend: 'held', returns: { '{}': 1 } },
        { expr: truth('fulfillment_mails_unproven'), legend: 'unproven', returns: { '{}': 1 } },
      ],
    },
    {
      title: 'What is heard of mails',
      description:
        'Proofs and bounces by where they were heard of; what came too late, was in doubt, or was not taken.',
      kind: 'time',
      unit: units.perSecond,
      width: 8,
      rule: 'mail_refused',
      targets: [
        {
          expr: perSecond('fulfillment_mail_evidence_total', 'source, kind'),
          legend: '{{source}}: {{kind}}',
          returns: { '{source="journal", kind="some"}': 2, '{source="bounces", kind="some"}': 4 },
        },
        {
          expr: perSecond('fulfillment_mail_evidence_expired_total'),
          legend: 'about no mail of ours',
          returns: { '{}': 2 },
        },
        {
          expr: perSecond('fulfillment_mail_reports_refused_total', 'outcome'),
          legend: 'report {{outcome}}',
          returns: { '{outcome="refused"}': 2, '{outcome="unreadable"}': 4 },
        },
        {
          expr: perSecond('fulfillment_mail_ambiguous_total'),
          legend: 'repeated in doubt',
          returns: { '{}': 2 },
        },
      ],
    },
  ],
};

/** Where orders stand, and those who are called for them. */
export const stepsAndProviders: DashboardSpec = {
  uid: 'fulfillment-steps',
  title: 'Fulfillment: steps and providers',
  description: 'Which step is slow or fails, and which vendor is behind it.',
  choices: [
    { name: 'step', label: 'Step', from: 'fulfillment_step_attempts_total' },
    { name: 'provider', label: 'Provider', from: 'fulfillment_provider_calls_total' },
  ],
  rows: [steps, providers, mail],
};
