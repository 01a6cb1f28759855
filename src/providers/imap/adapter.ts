import { setTimeout as pause } from 'node:timers/promises';
import { ImapFlow } from 'imapflow';
import { Fault } from '../../domain/fault.ts';
import { isLoopback, underDeadline } from '../outbound.ts';
import { imapFailure, imapFault } from './faults.ts';

export interface ImapJournalOptions {
  host: string;
  port: number;
  /** TLS from the first byte (port 993). Without it STARTTLS is demanded, except on loopback. */
  secure: boolean;
  user: string;
  password: string;
  mailbox: string;
  /** Total time of one look-up, with connecting. */
  timeoutMs: number;
}

export interface AwaitedMail {
  to: string;
  /** Mails that arrived earlier are not looked at. */
  since: Date;
  matches(source: Uint8Array): boolean;
  pollMs?: number;
}

export interface FoundMail {
  uid: number;
  /** The mail as it arrived, headers and all. */
  source: Uint8Array;
}

/** A mailbox that is searched and never changed. Every failure is a `Fault`. */
export interface ImapJournal {
  /** The mail with this Message-ID (with angle brackets), if the mailbox has it. */
  find(messageId: string, signal: AbortSignal): Promise<{ uid: number } | undefined>;
  /** Waits until a fitting mail is there; ends with a transient fault when the signal does. For smoke tests. */
  waitForMessage(awaited: AwaitedMail, signal: AbortSignal): Promise<FoundMail>;
  /** Cuts the connections that are open. */
  close(): void;
}

/** Larger mails are not what we sent. */
const mailBytesMax = 30 * 1024 * 1024;

/** A journal mailbox over IMAP. Each look-up has a connection of its own: they are rare, and nothing goes stale. */
export function createImapJournal(options: ImapJournalOptions): ImapJournal {
  const open = new Set<ImapFlow>();

  async function withMailbox<Result>(signal: AbortSignal, work: (client: ImapFlow) => Promise<Result>) {
    const client = buildClient(options);
    const cut = () => client.close();
    // The same failure also rejects what is awaited; without a listener it would end the process.
    client.on('error', () => undefined);
    open.add(client);
    signal.addEventListener('abort', cut, { once: true });
    try {
      signal.throwIfAborted();
      await client.connect();
      await client.mailboxOpen(options.mailbox, { readOnly: true });
      return await work(client);
    } catch (thrown) {
      throw thrown instanceof Fault ? thrown : new Fault(imapFault(imapFailure(thrown, signal)));
    } finally {
      signal.removeEventListener('abort', cut);
      open.delete(client);
      client.close();
    }
  }

  return {
    find: async (messageId, signal) => {
      if (/[\p{Cc}"\\]/u.test(messageId))
        throw new TypeError('A Message-ID must not contain control characters or quotes.');
      return underDeadline(signal, options.timeoutMs, (deadline) =>
        withMailbox(deadline, async (client) => {
          const uids = await search(client, { header: { 'Message-ID': messageId } });
          const uid = uids.at(-1);
          return uid === undefined ? undefined : { uid };
        }),
      );
    },

    waitForMessage: (awaited, signal) =>
      withMailbox(signal, async (client) => {
        const seen = new Set<number>();
        for (;;) {
          const found = await lookOnce(client, awaited, seen);
          if (found) return found;
          await pause(awaited.pollMs ?? 1_000, undefined, { signal });
          // Makes the server tell what has arrived since the mailbox was opened.
          await client.noop();
        }
      }),

    close: () => {
      for (const client of open) client.close();
    },
  };
}

function buildClient({ host, port, secure, user, password, timeoutMs }: ImapJournalOptions): ImapFlow {
  return new ImapFlow({
    host,
    port,
    secure,
    // Refuses to send the password in the clear when the server offers no STARTTLS.
    ...(!secure && !isLoopback(host) && { doSTARTTLS: true }),
    auth: { user, pass: password },
    logger: false,
    disableAutoIdle: true,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: Math.max(timeoutMs, 60_000),
    maxLiteralSize: mailBytesMax,
  });
}

async function search(client: ImapFlow, query: Parameters<ImapFlow['search']>[0]): Promise<number[]> {
  const uids = await client.search(query, { uid: true });
  // imapflow answers false instead of throwing when the server refuses a search; that is not "nothing found".
  if (!Array.isArray(uids)) throw new Fault(imapFault({}));
  return uids;
}

async function lookOnce(
  client: ImapFlow,
  { to, since, matches }: AwaitedMail,
  seen: Set<number>,
): Promise<FoundMail | undefined> {
  // IMAP's SINCE knows days only, in the server's zone: ask for a day more and look at the time of arrival.
  const dayBefore = new Date(since.getTime() - 24 * 60 * 60_000);
  for (const uid of await search(client, { to, since: dayBefore })) {
    if (seen.has(uid)) continue;
    seen.add(uid);
    const mail = await client.fetchOne(String(uid), { source: true, internalDate: true }, { uid: true });
    if (!mail || !mail.source) continue;
    const arrived = new Date(mail.internalDate ?? since);
    // INTERNALDATE has whole seconds.
    if (arrived.getTime() < Math.floor(since.getTime() / 1000) * 1000) continue;
    if (matches(mail.source)) return { uid, source: mail.source };
  }
  return undefined;
}
