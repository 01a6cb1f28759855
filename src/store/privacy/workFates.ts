import type { SchemaFates } from './fates.ts';

const order = 'names the order, not its buyer';

/** Jobs, mails, and what was said of mails afterwards. */
export const workFates: SchemaFates = {
  fulfillment_jobs: {
    noPerson: [
      'id',
      'kind',
      'payment_id',
      'state',
      'attention',
      'failed_step',
      'plan_id',
      'mail_unproven',
      'sla_deadline',
      'created_at',
      'finished_at',
      'held_at',
    ],
    erased: {
      order_snapshot: 'lines, amounts and country stay; the buyer goes',
      trace_context: 'null',
    },
    kept: { reason: 'a code', subject_key: order },
  },
  job_failures: { noPerson: ['id', 'job_id', 'kind', 'step', 'failed_at'], kept: { reason: 'a code' } },
  sla_breaches: { noPerson: ['job_id', 'breached_at', 'counted_at'] },
  fulfillment_dispatch: {
    noPerson: [
      'job_id',
      'plan_key',
      'due_at',
      'lease_token',
      'worker',
      'control_seq',
      'isolation',
      'losses_alone',
    ],
  },
  fulfillment_job_steps: {
    noPerson: ['job_id', 'step', 'state', 'attempts', 'due_at', 'lease_token', 'updated_at'],
    erased: { output: 'null' },
    kept: { reason: 'a code' },
  },
  fulfillment_job_effects: {
    noPerson: ['job_id', 'step', 'state', 'attempts', 'due_at', 'lease_token', 'updated_at'],
    erased: { evidence: 'an empty object' },
    kept: { effect_key: order, reason: 'a code' },
  },
  fulfillment_job_events: {
    noPerson: ['job_id', 'seq', 'at', 'kind', 'step', 'actor'],
    erased: { data: 'an empty object: texts of failures may quote what a provider said' },
  },
  fulfillment_plans: { noPerson: ['id', 'definition', 'digest', 'created_at'] },
  outgoing_plans: {
    noPerson: ['name', 'enabled', 'plan_id', 'plan_key', 'sla_seconds', 'start_date', 'changed_at'],
  },
  workers: { noPerson: ['name', 'version', 'plan_keys', 'started_at', 'seen_at'] },
  email_messages: {
    noPerson: [
      'id',
      'kind',
      'payment_id',
      'from_address',
      'state',
      'ambiguities',
      'provider',
      'created_at',
      'accepted_at',
      'about_past',
      'job_id',
      'proven_at',
      'delivery',
    ],
    erased: {
      to_address: 'a random word that is no address',
      bytes: 'null; a mail that was not sent is dropped first',
      bytes_sha256: 'of nothing',
      reference: "null: it opens the mail in the provider's own journal",
    },
    kept: { logical_key: order, message_id: 'a late report must be known as one of ours' },
  },
  email_attempts: {
    noPerson: [
      'message_id',
      'attempt',
      'provider',
      'lease_token',
      'intended_at',
      'outcome',
      'finished_at',
      'final',
    ],
    erased: { detail: 'null: servers repeat the address they refuse' },
  },
  email_evidence: {
    noPerson: [
      'id',
      'source',
      'provider',
      'kind',
      'permanence',
      'cause',
      'at',
      'received_at',
      'matched_at',
      'acted_at',
      'due_at',
      'failures',
    ],
    erased: {
      status: 'null',
      provider_ref: 'null, or the id of the row where nothing else names the mail',
      event_id: 'the id of the row',
    },
    kept: { message_id: order, mail_ref: 'a late report must be known as one of ours' },
  },
  mail_holds: {
    noPerson: ['message_id', 'job_id', 'step', 'held_at', 'decision', 'decided_at'],
    kept: { reason: 'a code' },
  },
  mail_domain_standings: {
    noPerson: ['provider', 'refusals', 'first_refused_at', 'last_refused_at'],
    erased: { domain: "the row goes: a domain may be one person's, and what is still true is learned again" },
  },
  mail_gate: { noPerson: ['one', 'state', 'why', 'since', 'changed_by', 'counts'] },
  mail_report_standings: { noPerson: ['provider', 'expected_since', 'answer_proves', 'heard_at'] },
  mail_source_cursors: { noPerson: ['name', 'cursor', 'polled_at', 'failure', 'failing_since'] },
  mail_watch: { noPerson: ['only_one', 'worker', 'lease_until', 'expired', 'last_expired_at'] },
};
