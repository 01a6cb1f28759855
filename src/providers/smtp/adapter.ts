import { createTransport } from 'nodemailer';
import { Fault } from '../../domain/fault.ts';
import type { Acceptance, MailerConnection, OutgoingMail } from '../../ports/mailer.ts';
import { underDeadline } from '../outbound.ts';
import { connectionOf, type SmtpConnectionOptions } from './connection.ts';
import { checkReturnPath, envelopeOf, referenceOf } from './envelope.ts';
import { smtpFailure, smtpFault } from './faults.ts';
import { verifyConnection } from './verify.ts';
import { watchMessage } from './watchedMessage.ts';
import type { WatchedMessage } from './watchedMessage.ts';

/**
 * A mailbox that gets a copy of every mail and can be searched. Wired to `providers/imap`.
 *
 * The mail server makes the copies (Postfix: `always_bcc` or `sender_bcc_maps`), not this mailer as a second recipient.
 * Of two recipients a server may refuse the buyer, take the journal's and with it the message; what was taken for the
 * journal alone would look like proof that the buyer's was. With one recipient the server has either taken the mail for
 * the buyer or has nothing to copy, so a copy in the journal proves what it seems to.
 */
export interface MailJournal {
  find(messageId: string, signal: AbortSignal): Promise<{ uid: number } | undefined>;
}

export interface SmtpMailerOptions extends SmtpConnectionOptions {
  /** How the provider is called in evidence, limits and breakers. */
  name?: string;
  maxConnections: number;
  /** From the call to the outcome, with waiting for a free connection. */
  totalTimeoutMs: number;
  /** Until the mail is out, all but the answer to it: until then it is certainly not taken. Default 45 s. */
  handoverTimeoutMs?: number;
  /** Idle connections are closed after this; shorter than the servers' own, which drop them unasked. Default 5 s. */
  idleTimeoutMs?: number;
  /** Where mails come back to that cannot be delivered (the sender of the envelope); the mail's own sender when absent. */
  returnPath?: string | undefined;
  /** A mailbox of bounces is read, so what comes back is heard of. */
  reportsBounces?: boolean;
  journal?: MailJournal;
  /** How long the journal may need to show a mail. */
  journalLagMs?: number;
}

/**
 * A mailer over plain SMTP. It tells "certainly not taken" from "may have been taken", see `faults.ts`.
 *
 * @throws TypeError when an option cannot be used
 */
export function createSmtpMailer(options: SmtpMailerOptions): MailerConnection {
  const { name = 'smtp', journal, returnPath, totalTimeoutMs, handoverTimeoutMs = 45_000 } = options;
  checkReturnPath(returnPath);
  const transport = buildTransport(options);
  const watches = new WeakMap<object, WatchedMessage>();
  transport.use('stream', (mail, done) => {
    const watch = watches.get(mail.data.raw as Buffer);
    if (watch) mail.message.processFunc((input) => watch.passOn(input));
    done();
  });

  async function send(mail: OutgoingMail, signal: AbortSignal): Promise<Acceptance> {
    const envelope = envelopeOf(mail, { name, returnPath });
    const raw = Buffer.from(mail.bytes);
    const watch = watchMessage();
    watches.set(raw, watch);
    try {
      const info = await underDeadline(signal, totalTimeoutMs, (total) =>
        underDeadline(
          total,
          handoverTimeoutMs,
          (handover) => transport.sendMail({ envelope, raw, signal: handover }),
          () => watch.progress() !== 'whole',
        ),
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

  async function verify(signal: AbortSignal): Promise<void> {
    const timeoutMs = options.connectTimeoutMs + options.greetingTimeoutMs;
    try {
      await underDeadline(signal, timeoutMs, (deadline) => verifyConnection(options, deadline));
    } catch (thrown) {
      throw new Fault({ ...smtpFault(smtpFailure(thrown, 'not_begun')), provider: name });
    }
  }

  return {
    name,
    capabilities: {
      dedupe: null,
      deliveryEvents: options.reportsBounces ? 'failures' : 'none',
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
    verify,
    close: () => transport.close(),
  };
}

function buildTransport(options: SmtpMailerOptions) {
  const { user, password = '' } = options;
  return createTransport({
    ...connectionOf(options),
    pool: true,
    ...(user && { auth: { user, pass: password } }),
    maxConnections: options.maxConnections,
    // nodemailer would send again by itself when a connection closes; repeating is not the adapter's to decide.
    maxRequeues: 0,
    idleTimeout: options.idleTimeoutMs ?? 5_000,
    // The mail is bytes; nothing in it may make the library read a file or fetch a page.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}
