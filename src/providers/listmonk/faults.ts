import { z } from 'zod';
import type { FaultDetails } from '../../domain/fault.ts';
import type { JsonFailure } from '../jsonCall.ts';
import type { OutboundTrouble } from '../outbound.ts';

/** What went wrong with a call to Listmonk, and whether it may have done something all the same. */
export type ListmonkFailure = JsonFailure & {
  /** False when not a byte of the request was handed over, or when it only asks. */
  mayBeQueued: boolean;
  /** The configured messenger, which a refusal of it names. */
  messenger?: string | undefined;
};

type Row = Pick<FaultDetails, 'kind' | 'reason' | 'retryAfterMs'> & { said: string };

const transient = (reason: string, said: string): Row => ({ kind: 'transient', reason, said });
const permanent = (reason: string, said: string): Row => ({ kind: 'permanent', reason, said });
const needsHuman = (reason: string, said: string): Row => ({ kind: 'needs_human', reason, said });
const unknown = (reason: string, said: string): Row => ({ kind: 'unknown_effect', reason, said });
const misconfigured = (said: string) => needsHuman('listmonk_misconfigured', said);

const notListmonk = misconfigured('What answers at the configured address is not Listmonk’s API');
const credentials = needsHuman(
  'listmonk_credentials',
  'Listmonk refuses our API user, or the user lacks a permission',
);
const answerLost = unknown(
  'listmonk_answer_lost',
  'The mail was handed to Listmonk, but its answer was lost',
);
const notAnAnswer = unknown(
  'listmonk_answer_malformed',
  'The mail was handed over, but what answered did not answer as Listmonk does',
);
const queueFull = transient('listmonk_queue_full', 'Listmonk has no place for the mail in its queue now');

/**
 * The fault table of Listmonk's API (listmonk.app/docs/apis/apis, "Common HTTP error codes"; cmd/tx.go). A mail has one
 * recipient, and putting it into the queue is the last thing that is done with it before the answer: whoever is refused
 * by Listmonk itself has not been queued. That it was queued says little (see the adapter).
 */
export function listmonkFault(failure: ListmonkFailure): FaultDetails {
  const { said, ...row } = rowOf(failure);
  const status = failure.kind === 'outbound' ? '' : ` (${failure.status})`;
  return { ...row, message: `${said}${status}.`, provider: 'listmonk' };
}

function rowOf(failure: ListmonkFailure): Row {
  switch (failure.kind) {
    case 'outbound':
      return failure.mayBeQueued ? troubleAfterwards[failure.trouble] : troubleBefore[failure.trouble];
    case 'malformed':
      return failure.mayBeQueued ? notAnAnswer : notListmonk;
    case 'answer': {
      const row = rowOfAnswer(failure);
      return row.kind === 'unknown_effect' && !failure.mayBeQueued
        ? transient('listmonk_unavailable', 'Listmonk does not offer its service now')
        : row;
    }
  }
}

const redirected = misconfigured(
  'The configured address answers with a redirect, as a login page or a wrong address does',
);

/**
 * The request may have got there. Listmonk's API redirects nobody, only its pages do (cmd/handlers.go), so a redirect
 * is the work of something in front of it that has not let the request through.
 */
const troubleAfterwards: Record<OutboundTrouble, Row> = {
  aborted: unknown('listmonk_answer_lost', 'Sending was called off before Listmonk’s answer'),
  timeout: unknown('listmonk_answer_lost', 'Listmonk did not answer in time'),
  connection_lost: answerLost,
  unreachable: transient('listmonk_unreachable', 'Listmonk cannot be reached'),
  redirected,
  too_large: notAnAnswer,
  forbidden_host: notListmonk,
};

const troubleBefore: Record<OutboundTrouble, Row> = {
  aborted: transient('aborted', 'The call was called off before it began'),
  timeout: transient('listmonk_timeout', 'Listmonk did not answer in time'),
  connection_lost: transient('listmonk_connection_lost', 'The connection to Listmonk broke off'),
  unreachable: transient('listmonk_unreachable', 'Listmonk cannot be reached'),
  redirected,
  too_large: notListmonk,
  forbidden_host: notListmonk,
};

/** Listmonk waits three seconds for a place; another such time is given it where it asks for fewer requests. */
const queueWaitMs = 3_000;

const byStatus: Record<number, Row> = {
  401: credentials,
  403: credentials,
  404: notListmonk,
  405: notListmonk,
  // Nobody can say how far a request got whose end the server did not wait for.
  408: answerLost,
  410: notListmonk,
  413: permanent('message_refused', 'Listmonk, or what stands in front of it, finds the mail too large'),
  415: notListmonk,
};

function rowOfAnswer(failure: ListmonkFailure & { kind: 'answer' }): Row {
  const { status, json, retryAfterMs = queueWaitMs } = failure;
  if (status < 400) return notAnAnswer;
  if (status === 400) return rowOfBadRequest(messageOf(json), failure.messenger);
  if (status === 403) return rowOfForbidden(messageOf(json));
  if (status === 429) {
    return {
      kind: 'rate_limited',
      reason: 'listmonk_rate_limited',
      retryAfterMs,
      said: 'Listmonk asks for fewer requests',
    };
  }
  if (isQueueFull(status, json)) return queueFull;
  if (status >= 500) return unknown('listmonk_unavailable', 'Listmonk failed after the mail was handed over');
  return byStatus[status] ?? needsHuman('listmonk_request_refused', 'Listmonk refuses the request');
}

/**
 * A full queue. `Manager.PushMessage` (internal/manager/manager.go) gives up after three seconds with the error
 * "message push timed out"; `SendTxMessage` (cmd/tx.go) returns it as it is, and Echo's default handler answers what is
 * none of its own errors with 500 and the bare text of that status, the error itself in debug mode alone. Nothing else
 * on the way of a mail with one recipient ends like this, and nothing after the queue can fail.
 */
function isQueueFull(status: number, json: unknown): boolean {
  const read = z.strictObject({ message: z.string(), error: z.string().optional() }).safeParse(json);
  if (status !== 500 || !read.success) return false;
  const { message, error } = read.data;
  const timedOut = 'message push timed out';
  return (
    message === timedOut || error === timedOut || (message === 'Internal Server Error' && error === undefined)
  );
}

/**
 * 400 has many causes, and its message is in the language that Listmonk is set to. What is looked for are words that no
 * translation changes. Of what Listmonk can find wrong with our requests, the recipient's address is what remains: not
 * one for Go's parser, or of a domain on the instance's blocklist.
 */
function rowOfBadRequest(message: string | undefined, messenger: string | undefined): Row {
  if (message === undefined) return notListmonk;
  if (/\btemplate \d+\b/i.test(message))
    return misconfigured('Listmonk has no transactional template with the configured number');
  if (message.startsWith('globals.messages.errorFetching'))
    return misconfigured('Listmonk cannot render its template with our data');
  if (messenger !== undefined && messenger !== 'email' && message.split(/[^\w-]+/).includes(messenger))
    return misconfigured('Listmonk does not know the configured messenger');
  if (/subscriber_(?:mode|emails|ids)/.test(message))
    return misconfigured(
      'Listmonk cannot send to buyers who are no subscribers; it needs version 6.0 or later',
    );
  if (/^Syntax error|^Unmarshal type error|\bdata: /.test(message))
    return needsHuman('listmonk_request_refused', 'Listmonk cannot read our request');
  return permanent('mailbox_refused', 'Listmonk refuses the recipient’s address');
}

/** Listmonk names the permission that is missing (internal/auth/auth.go, `Perm`). */
function rowOfForbidden(message: string | undefined): Row {
  const permission = /^permission denied: ([a-z_]{1,40}:[a-z_]{1,40})$/.exec(message ?? '')?.[1];
  return permission === undefined
    ? credentials
    : { ...credentials, said: `Listmonk’s API user lacks the permission ${permission}` };
}

const envelope = z.object({ message: z.string() });

/** The message is looked at and stays behind: it may repeat an address. */
function messageOf(json: unknown): string | undefined {
  const read = envelope.safeParse(json);
  return read.success ? read.data.message : undefined;
}
