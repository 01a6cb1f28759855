import type { FaultDetails } from '../../domain/fault.ts';

/** What imapflow tells of a failure, reduced to codes. */
export interface ImapFailure {
  /** Why we ourselves ended it, if we did. */
  ended?: 'aborted' | 'timeout' | undefined;
  /** imapflow's code or the system's. */
  code?: string | undefined;
  /** The server's response code (RFC 5530), for example AUTHENTICATIONFAILED. */
  serverCode?: string | undefined;
  loginRefused?: boolean | undefined;
  mailboxMissing?: boolean | undefined;
  retryAfterMs?: number | undefined;
}

type Row = Omit<FaultDetails, 'provider'>;

/** The fault table of IMAP. Looking changes nothing, so nothing here is ever ambiguous. */
export function imapFault(failure: ImapFailure): FaultDetails {
  return { ...rowOf(failure), provider: 'imap' };
}

function rowOf({
  ended,
  code = '',
  serverCode,
  loginRefused,
  mailboxMissing,
  retryAfterMs,
}: ImapFailure): Row {
  if (ended === 'aborted') {
    return { kind: 'transient', reason: 'aborted', message: 'The search of the mailbox was called off.' };
  }
  if (ended === 'timeout' || /TIMEOUT|TIMEDOUT/.test(code)) {
    return { kind: 'transient', reason: 'imap_timeout', message: 'The mailbox did not answer in time.' };
  }
  if (code === 'ETHROTTLE') {
    return {
      kind: 'rate_limited',
      reason: 'imap_rate_limited',
      message: 'The mailbox asks us to slow down.',
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    };
  }
  if (loginRefused && serverCode !== 'UNAVAILABLE' && serverCode !== 'INUSE') {
    return { kind: 'needs_human', reason: 'imap_credentials', message: 'The mailbox refuses our login.' };
  }
  if (mailboxMissing) {
    return {
      kind: 'needs_human',
      reason: 'imap_mailbox_missing',
      message: 'The mailbox to search does not exist.',
    };
  }
  if (/CERT|SELF_SIGNED|ERR_TLS|ERR_SSL|UNABLE_TO_/.test(code)) {
    return {
      kind: 'needs_human',
      reason: 'imap_tls',
      message: 'The certificate of the mailbox’s server was not accepted.',
    };
  }
  return { kind: 'transient', reason: 'imap_unreachable', message: 'The mailbox cannot be reached.' };
}

export function imapFailure(thrown: unknown, signal: AbortSignal): ImapFailure {
  const error = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as Record<string, unknown>;
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const timedOut = signal.aborted && (signal.reason as Error | undefined)?.name === 'TimeoutError';
  return {
    ended: signal.aborted ? (timedOut ? 'timeout' : 'aborted') : undefined,
    code: text(error['code']),
    serverCode: text(error['serverResponseCode']),
    loginRefused: error['authenticationFailed'] === true,
    mailboxMissing: error['mailboxMissing'] === true,
    retryAfterMs: typeof error['throttleReset'] === 'number' ? error['throttleReset'] : undefined,
  };
}
