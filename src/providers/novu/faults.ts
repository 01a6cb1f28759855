import { z } from 'zod';
import type { FaultDetails } from '../../domain/fault.ts';
import type { JsonFailure } from '../jsonCall.ts';
import type { OutboundTrouble } from '../outbound.ts';

/** What went wrong with a call to Novu, and whether it may have done something all the same. */
export type NovuFailure = (
  | JsonFailure
  /** A success in form, with a status word other than `processed`. */
  | { kind: 'status'; word: string }
  /** A message in its list that it has not sent. */
  | { kind: 'message'; word: string }
) & {
  /** False when not a byte of the request was handed over, or when it only asks. */
  mayBeTaken: boolean;
};

type Row = Pick<FaultDetails, 'kind' | 'reason' | 'retryAfterMs'> & { said: string };

const transient = (reason: string, said: string): Row => ({ kind: 'transient', reason, said });
const permanent = (reason: string, said: string): Row => ({ kind: 'permanent', reason, said });
const needsHuman = (reason: string, said: string): Row => ({ kind: 'needs_human', reason, said });
/** It may have been taken: the repeat carries the same transaction id, and Novu runs no transaction twice. */
const unknown = (reason: string, said: string): Row => ({ kind: 'unknown_effect', reason, said });

const wrongHost = needsHuman(
  'novu_misconfigured',
  'What answers at the configured address is not Novu’s API',
);
const noWorkflow = needsHuman('novu_misconfigured', 'The configured workflow does not exist at Novu');
const notActive = needsHuman('novu_misconfigured', 'The configured workflow is not active at Novu');
const noSteps = needsHuman('novu_misconfigured', 'The configured workflow has no active e-mail step at Novu');
const noTenant = needsHuman(
  'novu_misconfigured',
  'The configured workflow asks for a tenant, and there is none',
);
const credentials = needsHuman('novu_credentials', 'Novu refuses our API key');
const refusedRequest = needsHuman('novu_request_refused', 'Novu refuses the request');
const mailboxRefused = permanent('mailbox_refused', 'Novu finds the recipient invalid');
const tooLarge = permanent('message_refused', 'The mail is too large for Novu');
const answerLost = unknown('novu_answer_lost', 'The mail was handed to Novu, but its answer was lost');
const notAnAnswer = unknown(
  'novu_answer_malformed',
  'The mail was handed over, but what answered did not answer as Novu does',
);

/** Novu counts requests per second (docs.novu.co/api-reference/rate-limiting). */
const rateWindowMs = 1_000;
/** A first request with the same key that is still running will be done by then. */
const inProgressWaitMs = 5_000;

/**
 * The fault table of Novu's API, by status, status word and error (docs.novu.co/api-reference/errors and
 * /idempotency). A complete 4xx says that this request was not taken; everything without such an answer may have been.
 */
export function novuFault(failure: NovuFailure): FaultDetails {
  const { said, ...row } = withWait(rowOf(failure), failure);
  const status = 'status' in failure ? ` (${failure.status})` : '';
  return { ...row, message: `${said}${status}.`, provider: 'novu' };
}

function rowOf(failure: NovuFailure): Row {
  switch (failure.kind) {
    case 'outbound':
      return failure.mayBeTaken ? troubleAfterwards[failure.trouble] : troubleBefore[failure.trouble];
    case 'malformed':
      return failure.mayBeTaken ? notAnAnswer : wrongHost;
    case 'status':
      return (Object.hasOwn(byWord, failure.word) ? byWord[failure.word] : undefined) ?? notAnAnswer;
    case 'message':
      return (Object.hasOwn(byMessage, failure.word) ? byMessage[failure.word] : undefined) ?? unclearMessage;
    case 'answer': {
      const row = rowOfAnswer(failure.status, failure.json);
      return row.kind === 'unknown_effect' && !failure.mayBeTaken
        ? transient('novu_unavailable', 'Novu does not offer its service now')
        : row;
    }
  }
}

/** The request may have got there. A redirect counts as well: 303 follows a request that was done (RFC 9110 §15.4.4). */
const troubleAfterwards: Record<OutboundTrouble, Row> = {
  aborted: unknown('novu_answer_lost', 'Sending was called off before Novu’s answer'),
  timeout: unknown('novu_answer_lost', 'Novu did not answer in time'),
  connection_lost: answerLost,
  unreachable: transient('novu_unreachable', 'Novu cannot be reached'),
  redirected: notAnAnswer,
  too_large: notAnAnswer,
  forbidden_host: wrongHost,
};

const troubleBefore: Record<OutboundTrouble, Row> = {
  aborted: transient('aborted', 'The call was called off before it began'),
  timeout: transient('novu_timeout', 'Novu did not answer in time'),
  connection_lost: transient('novu_connection_lost', 'The connection to Novu broke off'),
  unreachable: transient('novu_unreachable', 'Novu cannot be reached'),
  redirected: wrongHost,
  too_large: wrongHost,
  forbidden_host: wrongHost,
};

/** Status words of a 201 that say that nothing was started; of `error` nobody can say. */
const byWord: Record<string, Row> = {
  trigger_not_active: notActive,
  no_workflow_steps_defined: noSteps,
  no_workflow_active_steps_defined: noSteps,
  no_tenant_found: noTenant,
  invalid_recipients: mailboxRefused,
  error: unknown('novu_answer_unclear', 'Novu reports an error after taking the mail'),
};

const inDoubt = (said: string) =>
  needsHuman('mail_outcome_unknown', `Nobody can say whether the mail went out: ${said}. Send it anew`);

/**
 * Statuses of messages in its list other than `sent` (docs.novu.co/api-reference/messages/message-schema). Novu calls the
 * e-mail provider behind it once, and drops a repeat of the same transaction without a word: a person has to decide.
 */
const byMessage: Record<string, Row> = {
  error: inDoubt('Novu shows that its call to the e-mail provider behind it has failed'),
  warning: inDoubt('Novu shows that it had no way to send it'),
};
const unclearMessage = inDoubt('Novu shows it with a status that is not known');

/** A message as Novu lists it. */
export interface ListedMessage {
  status?: string | null | undefined;
  errorId?: string | null | undefined;
  errorText?: string | null | undefined;
}

/** Why a message in Novu's list is no proof that it was sent; undefined: it is one. */
export function troubleOfMessage({ status, errorId, errorText }: ListedMessage): NovuFailure | undefined {
  const word = status === 'sent' && (errorId || errorText) ? 'error' : (status ?? '');
  return word === 'sent' ? undefined : { kind: 'message', word, mayBeTaken: false };
}

const byStatus: Record<number, Row> = {
  401: credentials,
  402: needsHuman('novu_quota_exceeded', 'The plan at Novu is used up'),
  403: credentials,
  404: wrongHost,
  405: wrongHost,
  // Nobody can say how far a request got whose end the server did not wait for, or that met another one.
  408: answerLost,
  409: {
    ...unknown('novu_in_progress', 'Novu is still working on an earlier request for this mail'),
    retryAfterMs: inProgressWaitMs,
  },
  413: tooLarge,
  429: {
    kind: 'rate_limited',
    reason: 'novu_rate_limited',
    retryAfterMs: rateWindowMs,
    said: 'Novu asks for fewer requests',
  },
};

function rowOfAnswer(status: number, json: unknown): Row {
  if (status < 400) return notAnAnswer;
  if (status >= 500) return unknown('novu_unavailable', 'Novu failed after the mail was handed over');
  const { text, type, fields } = errorOf(json);
  if (status === 404 && /workflow|template|trigger/i.test(text)) return noWorkflow;
  if (status === 400 || status === 422) {
    if (/workflow_not_found|(?:workflow|template) could not be found/i.test(text)) return noWorkflow;
    // An earlier request of ours had this key and may have been taken, so this one must not go through anybody else.
    if (/being reused for a different body/i.test(text))
      return unknown('novu_key_reused', 'Novu knows this key already, with another request');
    if (type === 'PAYLOAD_VALIDATION_ERROR')
      return needsHuman('novu_misconfigured', 'The workflow’s payload schema does not allow our payload');
    if (fields.some((field) => /^to(?:\.|$)|email$/i.test(field))) return mailboxRefused;
  }
  return byStatus[status] ?? refusedRequest;
}

/**
 * Whether a refusal says that Novu has this transaction already: the first request was taken. Releases that ask in the
 * API answer so; later ones find out when they work off the queue, and drop the second.
 */
export function isTakenEarlier(failure: JsonFailure): boolean {
  if (failure.kind !== 'answer' || failure.status < 400 || failure.status > 499) return false;
  return /transactionId\b.{0,40}\bnot unique/i.test(errorOf(failure.json).text);
}

const errorShape = z.object({
  message: z.union([z.string(), z.array(z.string()).transform((lines) => lines.join('\n'))]).catch(''),
  type: z.string().catch(''),
  errors: z.unknown().optional(),
});

/** The text is looked at and stays behind: it may repeat an address. */
function errorOf(json: unknown): { text: string; type: string; fields: string[] } {
  const read = errorShape.safeParse(json);
  if (!read.success) return { text: '', type: '', fields: [] };
  const { message, type, errors } = read.data;
  const keyed = typeof errors === 'object' && errors !== null && !Array.isArray(errors);
  return { text: message, type, fields: keyed ? Object.keys(errors) : [] };
}

/** A wait that Novu asks for counts where waiting helps. */
function withWait(row: Row, failure: NovuFailure): Row {
  const askedMs = failure.kind === 'answer' ? failure.retryAfterMs : undefined;
  if (askedMs === undefined || row.kind === 'permanent' || row.kind === 'needs_human') return row;
  return { ...row, retryAfterMs: askedMs };
}
