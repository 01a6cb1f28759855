import { parseFetchItems, writeFetch } from './imapFetch.ts';
import { parseImapSearch } from './imapSearch.ts';
import { announceNewMail, capabilities, send } from './imapConnection.ts';
import type { ImapSession } from './imapConnection.ts';
import { ImapSyntaxError, selectBySet, textOf } from './imapTokens.ts';
import type { ImapToken } from './imapTokens.ts';
import { everyMail } from './mailStore.ts';

export type ImapCommand = { tag: string; name: string; args: ImapToken[]; byUid: boolean };

/** Returns the text of the tagged answer; null leaves the answer for later. */
type Handler = (session: ImapSession, command: ImapCommand) => Promise<string | null> | string | null;

const mailsPerRead = 50;

/** The command of this name, and the state it needs (RFC 3501, 6). */
export function findImapCommand(
  name: string,
): { needs: 'nothing' | 'login' | 'mailbox'; handle: Handler } | null {
  if (anytime[name]) return { needs: 'nothing', handle: anytime[name] };
  if (loggedIn[name]) return { needs: 'login', handle: loggedIn[name] };
  if (selected[name]) return { needs: 'mailbox', handle: selected[name] };
  return null;
}

const anytime: Record<string, Handler> = {
  CAPABILITY: (session) => {
    send(session, `* CAPABILITY ${capabilities}`);
    return 'OK CAPABILITY completed';
  },
  NOOP: () => 'OK NOOP completed',
  ID: (session) => {
    send(session, '* ID ("name" "sandbox-inbox")');
    return 'OK ID completed';
  },
  LOGIN: (session, { args }) => {
    const { user, password } = session.auth;
    session.loggedIn = textOf(args[0]) === user && textOf(args[1]) === password;
    if (!session.loggedIn) return 'NO [AUTHENTICATIONFAILED] Wrong user or password';
    return `OK [CAPABILITY ${capabilities}] LOGIN completed`;
  },
  LOGOUT: (session) => {
    send(session, '* BYE Logging out');
    session.ended = true;
    return 'OK LOGOUT completed';
  },
};

const loggedIn: Record<string, Handler> = {
  LIST: (session, command) => list(session, command),
  LSUB: (session, command) => list(session, command),
  STATUS: async (session, { args: [mailbox, wanted] }) => {
    if (!isInbox(mailbox)) return 'NO [NONEXISTENT] No such mailbox';
    if (wanted?.kind !== 'list') throw new ImapSyntaxError('Missing status items');
    const uids = await session.store.uids(everyMail);
    const values: Record<string, number> = {
      MESSAGES: uids.length,
      UNSEEN: uids.length,
      RECENT: 0,
      UIDNEXT: (uids.at(-1) ?? 0) + 1,
      UIDVALIDITY: session.store.uidValidity,
    };
    const items = wanted.items.map((item) => textOf(item).toUpperCase()).filter((item) => item in values);
    send(session, `* STATUS INBOX (${items.map((item) => `${item} ${values[item]}`).join(' ')})`);
    return 'OK STATUS completed';
  },
  SELECT: (session, command) => select(session, command),
  EXAMINE: (session, command) => select(session, command),
  IDLE: (session, { tag }) => {
    const tell = () => void (session.uids && announceNewMail(session, session.uids).catch(() => undefined));
    session.idle = { tag, stop: session.store.onAccepted(tell) };
    send(session, '+ idling');
    // A mail may have come between the last look and the subscription.
    tell();
    return null;
  },
};

const selected: Record<string, Handler> = {
  CHECK: () => 'OK CHECK completed',
  CLOSE: (session) => leave(session),
  UNSELECT: (session) => leave(session),
  EXPUNGE: () => 'NO The mailbox is read-only',
  STORE: () => 'NO The mailbox is read-only',
  SEARCH: async (session, { args, byUid }) => {
    const uids = session.uids ?? [];
    const found = new Set(await session.store.uids(parseImapSearch(args, uids)));
    const numbers = uids.flatMap((uid, index) => (found.has(uid) ? [byUid ? uid : index + 1] : []));
    send(session, ['* SEARCH', ...numbers].join(' '));
    return 'OK SEARCH completed';
  },
  FETCH: (session, command) => fetchMails(session, command),
};

async function fetchMails(
  session: ImapSession,
  { args: [set, wanted], byUid }: ImapCommand,
): Promise<string> {
  const known = session.uids ?? [];
  const items = parseFetchItems(wanted, byUid);
  const positionOf = new Map(known.map((uid, index) => [uid, index + 1]));
  const named = selectBySet(textOf(set), byUid ? known : [...positionOf.values()]);
  const uids = byUid ? named : named.map((position) => known[position - 1] ?? 0);
  for (let start = 0; start < uids.length; start += mailsPerRead) {
    // A slice at a time keeps a large mailbox out of memory.
    for (const mail of await session.store.read(uids.slice(start, start + mailsPerRead))) {
      session.socket.write(await writeFetch(positionOf.get(mail.uid) ?? 0, mail, items));
    }
  }
  return 'OK FETCH completed';
}

function list(session: ImapSession, { name, args }: ImapCommand): string {
  const pattern = textOf(args[0]) + textOf(args[1]);
  if (pattern === '') send(session, String.raw`* ${name} (\Noselect) "/" ""`);
  else if (matchesInbox(pattern)) send(session, String.raw`* ${name} (\HasNoChildren) "/" INBOX`);
  return `OK ${name} completed`;
}

function matchesInbox(pattern: string): boolean {
  const wildcard = pattern.replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replace(/[*%]/g, '.*');
  return new RegExp(`^${wildcard}$`, 'i').test('INBOX');
}

function isInbox(token: ImapToken | undefined): boolean {
  return textOf(token).toUpperCase() === 'INBOX';
}

async function select(session: ImapSession, { name, args }: ImapCommand): Promise<string> {
  session.uids = null;
  if (!isInbox(args[0])) return 'NO [NONEXISTENT] No such mailbox';
  const uids = await session.store.uids(everyMail);
  session.uids = uids;
  send(session, String.raw`* FLAGS (\Answered \Flagged \Deleted \Seen \Draft)`);
  send(session, '* OK [PERMANENTFLAGS ()] Flags are not kept');
  send(session, `* ${uids.length} EXISTS`);
  send(session, '* 0 RECENT');
  send(session, `* OK [UIDVALIDITY ${session.store.uidValidity}] UIDs are stable`);
  send(session, `* OK [UIDNEXT ${(uids.at(-1) ?? 0) + 1}] Next UID`);
  return `OK [READ-ONLY] ${name} completed`;
}

function leave(session: ImapSession): string {
  session.uids = null;
  return 'OK completed';
}
