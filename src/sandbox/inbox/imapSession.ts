import { findImapCommand } from './imapCommands.ts';
import type { ImapCommand } from './imapCommands.ts';
import { announceNewMail, capabilities, send } from './imapConnection.ts';
import type { ImapSession, ImapSessionOptions } from './imapConnection.ts';
import { ImapSyntaxError, parseTokens, readImapLines, textOf } from './imapTokens.ts';
import type { ImapLine, ImapToken } from './imapTokens.ts';

/** Serves one client until it logs out or its connection ends (RFC 3501). */
export async function serveImapClient(options: ImapSessionOptions): Promise<void> {
  const session: ImapSession = { ...options, loggedIn: false, uids: null, idle: null, ended: false };
  send(session, `* OK [CAPABILITY ${capabilities}] Sandbox inbox ready`);
  try {
    for await (const line of readImapLines(options.socket)) {
      if (session.idle) finishIdle(session, session.idle);
      else await answer(session, line);
      if (session.ended) break;
    }
  } catch (error) {
    if (error instanceof ImapSyntaxError) send(session, `* BYE ${error.message}`);
  } finally {
    session.idle?.stop();
    options.socket.end();
  }
}

async function answer(session: ImapSession, line: ImapLine): Promise<void> {
  const tag = /^[^\s(){%*"\\+]+/.exec(String(line[0]))?.[0] ?? '*';
  try {
    const command = readCommand(parseTokens(line));
    const text = await run(session, command);
    if (text !== null) send(session, `${tag} ${text}`);
  } catch (error) {
    const known = error instanceof ImapSyntaxError;
    send(session, `${tag} ${known ? `BAD ${error.message}` : 'NO [SERVERBUG] Internal error'}`);
  }
}

function readCommand([tag, ...rest]: ImapToken[]): ImapCommand {
  const first = textOf(rest[0]).toUpperCase();
  const byUid = first === 'UID';
  const name = byUid ? textOf(rest[1]).toUpperCase() : first;
  return { tag: textOf(tag), name, args: rest.slice(byUid ? 2 : 1), byUid };
}

async function run(session: ImapSession, command: ImapCommand): Promise<string | null> {
  const found = findImapCommand(command.name);
  if (!found) throw new ImapSyntaxError('Unknown command');
  if (found.needs !== 'nothing' && !session.loggedIn) return 'NO Log in first';
  if (found.needs === 'mailbox' && !session.uids) return 'NO Select a mailbox first';
  if (session.uids) await announceNewMail(session, session.uids);
  return found.handle(session, command);
}

function finishIdle(session: ImapSession, idle: { tag: string; stop: () => void }): void {
  idle.stop();
  session.idle = null;
  send(session, `${idle.tag} OK IDLE completed`);
}
