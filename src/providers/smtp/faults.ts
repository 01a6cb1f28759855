import type { FaultDetails } from '../../domain/fault.ts';

/** How far the message itself had got when sending ended. */
export type MessageProgress =
  /** Not a byte of it was handed to the socket. */
  | 'not_begun'
  /** Some of it was, but not its end, so the final dot cannot have been written. */
  | 'begun'
  /** All of it was; the final dot may be out. */
  | 'whole';

/** What nodemailer tells of a failure, reduced to codes. */
export interface SmtpFailure {
  progress: MessageProgress;
  /** nodemailer's code: EDNS, ECONNECTION, ESOCKET, ETIMEDOUT, ETLS, EAUTH, EENVELOPE, EMESSAGE, EPROTOCOL, EABORT, … */
  code?: string | undefined;
  /** The system's code behind it, for example CERT_HAS_EXPIRED. */
  systemCode?: string | undefined;
  /** The SMTP command that was answered, for example `RCPT TO`; `CONN` for the connection itself. */
  command?: string | undefined;
  /** Three digits of the server's answer. */
  responseCode?: number | undefined;
  /** Enhanced status code of the answer (RFC 3463), for example `5.1.1`. */
  enhancedCode?: string | undefined;
  /** The words of the answer speak of our sender, our login or relaying. */
  isAboutUs?: boolean | undefined;
}

type Row = Pick<FaultDetails, 'kind' | 'reason'> & { said: string };

const transient = (reason: string, said: string): Row => ({ kind: 'transient', reason, said });
const permanent = (reason: string, said: string): Row => ({ kind: 'permanent', reason, said });
const needsHuman = (reason: string, said: string): Row => ({ kind: 'needs_human', reason, said });

/**
 * The fault table of SMTP. A complete answer of the server is definite in every phase (RFC 5321 §4.2.1: 4yz and 5yz
 * mean "not accepted"). Without an answer, the one question is whether the final dot may have been written: if it
 * cannot have been, the mail has certainly not been taken (RFC 5321 §4.1.1.4); if it may, nobody knows.
 */
export function smtpFault(failure: SmtpFailure): FaultDetails {
  const { said, ...row } = rowOf(failure);
  const answer = [failure.responseCode, failure.enhancedCode].filter((part) => part !== undefined).join(' ');
  const at = failure.command && failure.command !== 'CONN' ? ` at ${failure.command}` : '';
  return { ...row, message: `${said}${answer && ` (${answer}${at})`}.`, provider: 'smtp' };
}

function rowOf(failure: SmtpFailure): Row {
  // Whatever else comes in the place of 4yz or 5yz, as a second 354, leaves it open what became of the mail.
  const { responseCode = 0 } = failure;
  const answered = responseCode >= 400 && responseCode < 600 && failure.command !== 'CONN';
  if (failure.progress === 'whole' && !answered) {
    return {
      kind: 'unknown_effect',
      reason: 'smtp_answer_lost',
      said: 'The mail was handed over, but the server’s answer was lost',
    };
  }
  switch (failure.code ?? '') {
    case 'EAUTH':
    case 'ENOAUTH':
    case 'EOAUTH2':
      return atLogin(failure);
    case 'EENVELOPE':
    case 'EMESSAGE':
      return atMessage(failure);
    case 'ETLS':
      return atEncryption(failure);
    case 'EABORT':
      return transient('aborted', 'Sending was called off before the mail was out');
    case 'ETIMEDOUT':
      return transient('smtp_timeout', 'The mail server did not answer in time');
    case 'EPROTOCOL':
      return transient('smtp_unavailable', 'The mail server does not offer its service now');
    case 'EDNS':
      return transient('smtp_unreachable', 'The mail server’s name cannot be resolved');
    default:
      return atConnection(failure);
  }
}

function atConnection({ systemCode, responseCode, progress }: SmtpFailure): Row {
  if (/CERT|SELF_SIGNED|ERR_TLS|ERR_SSL|UNABLE_TO_/.test(systemCode ?? '')) {
    return needsHuman('smtp_tls', 'The mail server’s certificate was not accepted');
  }
  if (responseCode !== undefined) {
    return transient('smtp_unavailable', 'The mail server does not offer its service now');
  }
  if (progress === 'not_begun') {
    return transient('smtp_unreachable', 'The mail server cannot be reached or hung up');
  }
  return transient('smtp_connection_lost', 'The connection broke off before the end of the mail was out');
}

function atEncryption({ responseCode = 0 }: SmtpFailure): Row {
  const said = 'No encrypted connection to the mail server could be agreed on';
  return responseCode >= 500 ? needsHuman('smtp_tls', said) : transient('smtp_tls', said);
}

function atLogin({ responseCode = 0 }: SmtpFailure): Row {
  if (responseCode >= 400 && responseCode < 500) {
    return transient('smtp_unavailable', 'The mail server cannot check logins now');
  }
  return needsHuman('smtp_credentials', 'The mail server refuses our login');
}

/**
 * Codes of policy that may be about the recipient (RFC 3463 §3.8, RFC 7293): all others are about our login, our sender
 * or what proves our domain.
 */
const maybeOfRecipient = /^5\.7\.(?:[012]|1[789])$/;

/** Only what the recipient's side does not want counts at the recipient's domain. */
function byPolicy({ command, enhancedCode = '', isAboutUs }: SmtpFailure): Row {
  if (isAboutUs === true || !maybeOfRecipient.test(enhancedCode)) return senderRefused;
  return command === 'RCPT TO'
    ? needsHuman('smtp_policy_refused', 'The recipient’s side refuses our mail by policy')
    : needsHuman('smtp_mail_blocked', 'The mail server refuses this mail by policy');
}

const senderRefused = needsHuman(
  'smtp_sender_refused',
  'The mail server refuses our sender address or our account',
);

function atMessage(failure: SmtpFailure): Row {
  const { command, responseCode, enhancedCode = '' } = failure;
  if (responseCode === undefined) return permanent('message_refused', 'The mail cannot be sent as it is');
  // 503 speaks of the state of the session, not of the mail: another session may take it.
  if (responseCode < 500 || responseCode === 503) {
    return transient('smtp_deferred', 'The mail server asks to try again later');
  }
  if (responseCode === 530 || responseCode === 535) {
    return needsHuman('smtp_credentials', 'The mail server wants a login first');
  }
  if (/^5\.(3\.4|2\.3)$/.test(enhancedCode))
    return permanent('message_refused', 'The mail is too large for the mail server');
  // Servers may hold their refusal of the sender back until they know the recipient (Postfix: smtpd_delay_reject).
  if (command === 'MAIL FROM' || (command === 'RCPT TO' && /^5\.1\.[78]$/.test(enhancedCode)))
    return senderRefused;
  // 5.7.x is about policy between the servers (relaying, blocklists, authentication of our domain), not about the mailbox.
  if (enhancedCode.startsWith('5.7.')) return byPolicy(failure);
  if (command === 'RCPT TO')
    return permanent('mailbox_refused', 'The mail server refuses the recipient’s mailbox');
  return permanent('message_refused', 'The mail server refuses this mail');
}

const aboutUs = /relay|sender|authenticat|log ?in|not owned|not verified|\bfrom (?:address|domain)/i;

/** Reduces an error of nodemailer to codes. Its texts stay behind: servers repeat the recipient in them. */
export function smtpFailure(thrown: unknown, progress: MessageProgress): SmtpFailure {
  const error = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as Record<string, unknown>;
  const tooLate =
    error['code'] === 'EABORT' && (error['cause'] as Error | undefined)?.name === 'TimeoutError';
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return {
    progress,
    code: tooLate ? 'ETIMEDOUT' : text(error['code']),
    systemCode: text(error['originalCode']),
    command: text(error['command']),
    responseCode: typeof error['responseCode'] === 'number' ? error['responseCode'] : undefined,
    isAboutUs: aboutUs.test(text(error['response']) ?? ''),
    enhancedCode: /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(text(error['response']) ?? '')?.[1],
  };
}
