import type { Socket } from 'node:net';
import type { MailStore } from './mailStore.ts';

export type ImapSessionOptions = {
  store: MailStore;
  socket: Socket;
  auth: { user: string; password: string };
};

export type ImapSession = ImapSessionOptions & {
  loggedIn: boolean;
  /** The uids behind the message numbers the client knows; null while no mailbox is open. */
  uids: number[] | null;
  idle: { tag: string; stop: () => void } | null;
  ended: boolean;
};

export const capabilities = 'IMAP4rev1 LITERAL+ IDLE ID UNSELECT';

/** Tells the client how many mails there are now, if there are more than it knows. */
export async function announceNewMail(session: ImapSession, uids: number[]): Promise<void> {
  const last = uids.at(-1) ?? 0;
  const fresh = await session.store.uids((bind) => `uid > ${bind(last)}`);
  // Two looks may overlap while idle; only what is new to the client is announced.
  const unknown = fresh.filter((uid) => uid > (uids.at(-1) ?? 0));
  if (unknown.length === 0) return;
  for (const uid of unknown) uids.push(uid);
  send(session, `* ${uids.length} EXISTS`);
}

/** Sends one line, unless the client is gone. */
export function send(session: ImapSession, line: string): void {
  if (!session.socket.destroyed) session.socket.write(`${line}\r\n`);
}
