import { ImapFlow } from 'imapflow';
import { Fault } from '../../domain/fault.ts';
import { isLoopback } from '../outbound.ts';
import { imapFailure, imapFault } from './faults.ts';

export interface ImapMailboxOptions {
  host: string;
  port: number;
  /** TLS from the first byte (port 993). Without it STARTTLS is demanded, except on loopback. */
  secure: boolean;
  user: string;
  password: string;
  mailbox: string;
  /** Total time of one look, with connecting. */
  timeoutMs: number;
}

/** A mailbox that is looked at and never changed. */
export interface ImapMailbox {
  /**
   * Connects, opens the mailbox read-only, does the work and hangs up. Looks are rare, so nothing is kept open and
   * nothing goes stale.
   *
   * @throws Fault
   */
  within<Result>(signal: AbortSignal, work: (client: ImapFlow) => Promise<Result>): Promise<Result>;
  /** Cuts the connections that are open. */
  close(): void;
}

/** Larger mails are not what we sent. */
const mailBytesMax = 30 * 1024 * 1024;

export function createImapMailbox(options: ImapMailboxOptions): ImapMailbox {
  const open = new Set<ImapFlow>();
  return {
    async within(signal, work) {
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
    },
    close: () => {
      for (const client of open) client.close();
    },
  };
}

function buildClient({ host, port, secure, user, password, timeoutMs }: ImapMailboxOptions): ImapFlow {
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

/** The uids of what fits, in ascending order. @throws Fault when the server refuses the search */
export async function searchUids(
  client: ImapFlow,
  query: Parameters<ImapFlow['search']>[0],
): Promise<number[]> {
  const uids = await client.search(query, { uid: true });
  // imapflow answers false instead of throwing when the server refuses a search; that is not "nothing found".
  if (!Array.isArray(uids)) throw new Fault(imapFault({}));
  return uids.toSorted((a, b) => a - b);
}
