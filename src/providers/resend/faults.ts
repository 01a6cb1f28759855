import { z } from 'zod';
import type { FaultDetails } from '../../domain/fault.ts';
import type { JsonFailure } from '../jsonCall.ts';
import type { OutboundTrouble } from '../outbound.ts';

/** What went wrong with a call to Resend, and whether it may have done something all the same. */
export type ResendFailure = JsonFailure & {
  /** False when not a byte of the request was handed over, or when it only asks. */
  mayBeTaken: boolean;
};

type Row = Pick<FaultDetails, 'kind' | 'reason' | 'retryAfterMs'> & { said: string };

const transient = (reason: string, said: string): Row => ({ kind: 'transient', reason, said });
const permanent = (reason: string, said: string): Row => ({ kind: 'permanent', reason, said });
const needsHuman = (reason: string, said: string): Row => ({ kind: 'needs_human', reason, said });
const rateLimited = (reason: string, retryAfterMs: number, said: string): Row => ({
  kind: 'rate_limited',
  reason,
  retryAfterMs,
  said,
});
/** It may have been taken: the repeat goes with the same key and the same bytes, and Resend drops a double. */
const unknown = (reason: string, said: string): Row => ({ kind: 'unknown_effect', reason, said });

const misconfigured = needsHuman(
  'resend_misconfigured',
  'What answers at the configured address is not Resend’s API',
);
const credentials = needsHuman('resend_credentials', 'Resend refuses our API key');
const senderRefused = needsHuman(
  'resend_sender_refused',
  'Resend does not let us send from this sender address',
);
/** Said of our mail before anybody else has seen it: no word of the recipient's server. */
const blocked = needsHuman(
  'resend_mail_blocked',
  'Resend has stopped this mail for its content or its sender',
);
const invalidAddress = permanent('invalid_address', 'Resend finds the recipient’s address invalid');
const messageRefused = permanent('message_refused', 'Resend refuses this mail as it is');
const answerLost = unknown('resend_answer_lost', 'The mail was handed to Resend, but its answer was lost');
const notAnAnswer = unknown(
  'resend_answer_malformed',
  'The mail was handed over, but what answered did not answer as Resend does',
);

/**
 * Resend counts its rate per second (resend.com/docs/api-reference/rate-limit), its quotas per day and per month. An
 * hour between two tries is the most that a provider's wish may be.
 */
const rateWindowMs = 1_000;
const quotaWaitMs = 60 * 60_000;
/** A first request with the same key that is still running will be done, or given up, by then. */
const inProgressWaitMs = 5_000;
const keyReusedWaitMs = 15 * 60_000;

/**
 * The fault table of Resend's API, by status and error name (resend.com/docs/api-reference/errors). A complete 4xx
 * says that this request was not taken; everything without such an answer may have been.
 */
export function resendFault(failure: ResendFailure): FaultDetails {
  const { said, ...row } = withWait(rowOf(failure), failure);
  const status = failure.kind === 'outbound' ? '' : ` (${failure.status})`;
  return { ...row, message: `${said}${status}.`, provider: 'resend' };
}

function rowOf(failure: ResendFailure): Row {
  switch (failure.kind) {
    case 'outbound':
      return failure.mayBeTaken ? troubleAfterwards[failure.trouble] : troubleBefore[failure.trouble];
    case 'malformed':
      return failure.mayBeTaken ? notAnAnswer : misconfigured;
    case 'answer': {
      const row = rowOfAnswer(failure.status, failure.json);
      return row.kind === 'unknown_effect' && !failure.mayBeTaken
        ? transient('resend_unavailable', 'Resend does not offer its service now')
        : row;
    }
  }
}

/** The request may have got there. A redirect counts as well: 303 follows a request that was done (RFC 9110 §15.4.4). */
const troubleAfterwards: Record<OutboundTrouble, Row> = {
  aborted: unknown('resend_answer_lost', 'Sending was called off before Resend’s answer'),
  timeout: unknown('resend_answer_lost', 'Resend did not answer in time'),
  connection_lost: answerLost,
  unreachable: transient('resend_unreachable', 'Resend cannot be reached'),
  redirected: notAnAnswer,
  too_large: notAnAnswer,
  forbidden_host: misconfigured,
};

const troubleBefore: Record<OutboundTrouble, Row> = {
  aborted: transient('aborted', 'The call was called off before it began'),
  timeout: transient('resend_timeout', 'Resend did not answer in time'),
  connection_lost: transient('resend_connection_lost', 'The connection to Resend broke off'),
  unreachable: transient('resend_unreachable', 'Resend cannot be reached'),
  redirected: misconfigured,
  too_large: misconfigured,
  forbidden_host: misconfigured,
};

/** Rows that hang on the name of the error, whatever its status. */
const byName: Record<string, Row> = {
  missing_api_key: credentials,
  restricted_api_key: credentials,
  invalid_api_key: credentials,
  invalid_from_address: needsHuman('resend_sender_refused', 'Resend finds our sender address invalid'),
  invalid_attachment: messageRefused,
  missing_required_field: messageRefused,
  invalid_parameter: messageRefused,
  // The key is ours, made of the Message-ID: a fault in it is a bug, and no other mail would fare better.
  invalid_idempotency_key: needsHuman('resend_request_refused', 'Resend refuses our key against doubles'),
  // A bug of ours, or a database from before. A mail with this key has been taken already, though with other bytes, so
  // this one must not go through anybody else; Resend's news of the first may still prove it. Repeating is no use.
  invalid_idempotent_request: {
    ...unknown(
      'resend_key_reused',
      'Resend has taken a mail with this key already, and with another content',
    ),
    retryAfterMs: keyReusedWaitMs,
  },
  concurrent_idempotent_requests: {
    ...unknown('resend_in_progress', 'Resend is still working on an earlier request for this mail'),
    retryAfterMs: inProgressWaitMs,
  },
  daily_quota_exceeded: rateLimited(
    'resend_quota_exceeded',
    quotaWaitMs,
    'The daily quota of mails at Resend is used up',
  ),
  monthly_quota_exceeded: rateLimited(
    'resend_quota_exceeded',
    quotaWaitMs,
    'The monthly quota of mails at Resend is used up',
  ),
  rate_limit_exceeded: rateLimited('resend_rate_limited', rateWindowMs, 'Resend asks for fewer requests'),
  security_error: blocked,
  not_found: misconfigured,
  method_not_allowed: misconfigured,
};

/** Rows for statuses whose error has a name that we do not know, or none. */
const byStatus: Record<number, Row> = {
  401: credentials,
  403: credentials,
  404: misconfigured,
  405: misconfigured,
  // Nobody can say how far a request got whose end the server did not wait for, or that met another one.
  408: answerLost,
  409: answerLost,
  413: messageRefused,
  429: rateLimited('resend_rate_limited', rateWindowMs, 'Resend asks for fewer requests'),
  451: blocked,
};

function rowOfAnswer(status: number, json: unknown): Row {
  if (status < 400) return notAnAnswer;
  if (status >= 500) return unknown('resend_unavailable', 'Resend failed after the mail was handed over');
  const { name, message } = errorOf(json);
  if (name === 'validation_error') return rowOfValidation(status, message);
  const named = name !== undefined && Object.hasOwn(byName, name) ? byName[name] : undefined;
  return named ?? byStatus[status] ?? needsHuman('resend_request_refused', 'Resend refuses the request');
}

/**
 * One name for many things. With 403 it speaks of the sender's domain, otherwise of the field that it names; addresses
 * of reserved domains such as example.com are refused as an invalid `to` as well.
 */
function rowOfValidation(status: number, message: string): Row {
  if (status === 401 || status === 403) return senderRefused;
  if (/invalid [`'"]?to[`'"]? field/i.test(message)) return invalidAddress;
  if (/domain is not verified/i.test(message)) return senderRefused;
  return messageRefused;
}

const errorShape = z.object({ name: z.string().optional(), message: z.string().catch('') });

/** The message is looked at and stays behind: it may repeat an address. */
function errorOf(json: unknown): { name?: string | undefined; message: string } {
  const read = errorShape.safeParse(json);
  return read.success ? read.data : { message: '' };
}

/** A wait that Resend asks for counts where waiting helps; a quota is not asked about more often than every hour. */
function withWait(row: Row, failure: ResendFailure): Row {
  const askedMs = failure.kind === 'answer' ? failure.retryAfterMs : undefined;
  if (askedMs === undefined || row.kind === 'permanent' || row.kind === 'needs_human') return row;
  const leastMs = row.reason === 'resend_quota_exceeded' ? quotaWaitMs : 0;
  return { ...row, retryAfterMs: Math.max(askedMs, leastMs) };
}
