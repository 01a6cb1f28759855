import { createTransport } from 'nodemailer';
import { Fault } from '../../domain/fault.ts';
import type { Acceptance, Mailer, OutgoingMail } from '../../ports/mailer.ts';
import { isLoopback, underDeadline } from '../outbound.ts';
import { envelopeOf, referenceOf } from './envelope.ts';
import { smtpFailure, smtpFault } from './faults.ts';
import { watchMessage } from './watchedMessage.ts';
import type { WatchedMessage } from './watchedMessage.ts';

/** A mailbox that gets a copy of every mail and can be searched. Wired to `providers/imap`. */
export interface MailJournal {
  find(messageId: string, signal: AbortSignal): Promise<{ uid: number } | undefined>;
}

export interface SmtpMailerOptions {
  /** How the provider is called in evidence, limits and breakers. */
  name?: string;
  host: string;
  port: number;
  /** TLS from the first byte (port 465). */
  secure: boolean;
  /** STARTTLS or nothing (port 587). */
  requireTls: boolean;
  user?: string;
  password?: string;
  maxConnections: number;
  /** Until the connection stands, with name resolution and TLS. */
  connectTimeoutMs: number;
  /** Until the server greets. */
  greetingTimeoutMs: number;
  /** Silence during the dialogue. RFC 5321 §4.5.3.2.6 asks for ten minutes after the final dot. */
  socketTimeoutMs: number;
  /** From the call to the outcome, with waiting for a free connection. */
  totalTimeoutMs: number;
  /** Idle connections are closed after this; shorter than the servers' own, which drop them unasked. Default 5 s. */
  idleTimeoutMs?: number;
  journal?: MailJournal;
  /** How long the journal may need to show a mail. */
  journalLagMs?: number;
}

export interface SmtpMailer extends Mailer {
  /** Connects and logs in, sends nothing. */
  verify(): Promise<void>;
  /** Closes idle connections at once, busy ones when their mail is out. */
  close(): void;
}

/** A mailer over plain SMTP. It tells "certainly not taken" from "may have been taken", see `faults.ts`. */
export function createSmtpMailer(options: SmtpMailerOptions): SmtpMailer {
  const { name = 'smtp', journal, totalTimeoutMs } = options;
  const transport = buildTransport(options);
  const watches = new WeakMap<object, WatchedMessage>();
  transport.use('stream', (mail, done) => {
    const watch = watches.get(mail.data.raw as Buffer);
    if (watch) mail.message.processFunc((input) => watch.passOn(input));
    done();
  });

  async function send(mail: OutgoingMail, signal: AbortSignal): Promise<Acceptance> {
    const envelope = envelopeOf(mail);
    const raw = Buffer.from(mail.bytes);
    const watch = watchMessage();
    watches.set(raw, watch);
    try {
      const info = await underDeadline(signal, totalTimeoutMs, (deadline) =>
        transport.sendMail({ envelope, raw, signal: deadline }),
      );
      if (watch.progress() === 'whole') {
        return { provider: name, reference: referenceOf(info.response), evidence: 'answer' };
      }
    } catch (thrown) {
      throw new Fault({ ...smtpFault(smtpFailure(thrown, watch.progress())), provider: name });
    }
    // A 2xx before the end of the mail answers something else; what becomes of the mail is not known.
    throw new Fault({ ...smtpFault({ progress: 'whole' }), provider: name });
  }

  return {
    name,
    capabilities: {
      lookup: journal ? 'message_id' : 'none',
      lookupLagMs: journal ? (options.journalLagMs ?? 60_000) : 0,
      acceptanceDurable: true,
    },
    send,
    ...(journal && {
      find: async (messageId: string, signal: AbortSignal) => {
        const found = await journal.find(messageId, signal);
        return (
          found && { provider: name, reference: `journal uid ${found.uid}`, evidence: 'journal' as const }
        );
      },
    }),
    verify: async () => {
      try {
        await transport.verify();
      } catch (thrown) {
        throw new Fault({ ...smtpFault(smtpFailure(thrown, 'not_begun')), provider: name });
      }
    },
    close: () => transport.close(),
  };
}

function buildTransport(options: SmtpMailerOptions) {
  const { host, port, secure, requireTls, user, password } = options;
  if (user && !secure && !requireTls && !isLoopback(host)) {
    throw new TypeError(
      'An SMTP login needs `secure` or `requireTls`, or the password crosses the network in the clear.',
    );
  }
  return createTransport({
    pool: true,
    host,
    port,
    secure,
    requireTLS: requireTls,
    ...(user && { auth: { user, pass: password ?? '' } }),
    maxConnections: options.maxConnections,
    // nodemailer would send again by itself when a connection closes; repeating is not the adapter's to decide.
    maxRequeues: 0,
    connectionTimeout: options.connectTimeoutMs,
    dnsTimeout: options.connectTimeoutMs,
    greetingTimeout: options.greetingTimeoutMs,
    socketTimeout: options.socketTimeoutMs,
    idleTimeout: options.idleTimeoutMs ?? 5_000,
    // The mail is bytes; nothing in it may make the library read a file or fetch a page.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}
