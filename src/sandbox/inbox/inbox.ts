import type { Pool } from 'pg';
import { listenForImap } from './imapServer.ts';
import { buildInboxWebsite } from './inboxWebsite.ts';
import { createMailStore } from './mailStore.ts';
import { createSmtpFaults } from './smtpFaults.ts';
import type { SmtpFault } from './smtpFaults.ts';
import { listenForSmtp } from './smtpServer.ts';
import type { SmtpListener } from './smtpServer.ts';

export type InboxOptions = {
  /** A database of the sandbox; the inbox keeps to its schema `inbox_sandbox`. Not ended by `stop`. */
  pool: Pool;
  /** What IMAP clients log in with. SMTP takes any credentials, or none. */
  auth: { user: string; password: string };
};

/** All servers bind to 127.0.0.1. Port 0 asks for a free one; the port in use is returned. */
export type Inbox = {
  startSmtp(port: number): Promise<{ port: number }>;
  startImap(port: number): Promise<{ port: number }>;
  startHttp(port: number): Promise<{ port: number; url: string }>;
  /** Keeps a mail that came by another way than SMTP, as a stand-in for a mail API has it. */
  deliver(mail: { mailFrom: string; recipients: string[]; raw: Buffer }): Promise<unknown>;
  /** Makes the SMTP server misbehave; `PUT /api/faults` does the same. */
  setFault(fault: SmtpFault): Promise<void>;
  /** Closes all servers and cuts their connections. */
  stop(): Promise<void>;
};

/**
 * The sandbox's post office: an SMTP server that takes every mail, a web inbox, and an IMAP server over the same store. A
 * mail is committed before it is acknowledged and is never merged with a duplicate: the store tells what really arrived.
 */
export async function createInbox({ pool, auth }: InboxOptions): Promise<Inbox> {
  const store = await createMailStore(pool);
  const faults = createSmtpFaults();
  const closers: Array<() => Promise<unknown>> = [];
  let smtp: SmtpListener | null = null;

  async function setFault(fault: SmtpFault): Promise<void> {
    if (smtp) await smtp.setFault(fault);
    else faults.set(fault);
  }

  return {
    setFault,
    deliver: (mail) => store.accept(mail),
    startSmtp: async (port) => {
      const listener = await listenForSmtp(store, faults, port);
      smtp = listener;
      closers.push(() => listener.stop());
      return { port: listener.port };
    },
    startImap: async (port) => {
      const imap = await listenForImap({ store, auth, port });
      closers.push(() => imap.stop());
      return { port: imap.port };
    },
    startHttp: async (wantedPort) => {
      const website = buildInboxWebsite({
        store,
        faults: { current: () => faults.current(), set: setFault },
      });
      closers.push(() => website.close());
      const url = await website.listen({ port: wantedPort, host: '127.0.0.1' });
      return { port: Number(new URL(url).port), url };
    },
    stop: async () => {
      smtp = null;
      await Promise.all(closers.splice(0).map((close) => close()));
    },
  };
}
