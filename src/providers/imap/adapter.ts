import { setTimeout as pause } from 'node:timers/promises';
import type { ImapFlow } from 'imapflow';
import { underDeadline } from '../outbound.ts';
import { createImapMailbox, searchUids, type ImapMailboxOptions } from './mailbox.ts';

export type ImapJournalOptions = ImapMailboxOptions;

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

/** A journal mailbox over IMAP. Each look-up has a connection of its own. */
export function createImapJournal(options: ImapJournalOptions): ImapJournal {
  const mailbox = createImapMailbox(options);

  return {
    find: async (messageId, signal) => {
      if (/[\p{Cc}"\\]/u.test(messageId))
        throw new TypeError('A Message-ID must not contain control characters or quotes.');
      return underDeadline(signal, options.timeoutMs, (deadline) =>
        mailbox.within(deadline, async (client) => {
          const uids = await searchUids(client, { header: { 'Message-ID': messageId } });
          const uid = uids.at(-1);
          return uid === undefined ? undefined : { uid };
        }),
      );
    },

    waitForMessage: (awaited, signal) =>
      mailbox.within(signal, async (client) => {
        const seen = new Set<number>();
        for (;;) {
          const found = await lookOnce(client, awaited, seen);
          if (found) return found;
          await pause(awaited.pollMs ?? 1_000, undefined, { signal });
          // Makes the server tell what has arrived since the mailbox was opened.
          await client.noop();
        }
      }),

    close: () => mailbox.close(),
  };
}

async function lookOnce(
  client: ImapFlow,
  { to, since, matches }: AwaitedMail,
  seen: Set<number>,
): Promise<FoundMail | undefined> {
  // IMAP's SINCE knows days only, in the server's zone: ask for a day more and look at the time of arrival.
  const dayBefore = new Date(since.getTime() - 24 * 60 * 60_000);
  for (const uid of await searchUids(client, { to, since: dayBefore })) {
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
