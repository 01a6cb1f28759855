import type { ImapFlow } from 'imapflow';
import { searchUids } from './mailbox.ts';

/** Part of the mails that have arrived since a cursor. */
export interface NewMails {
  /** Ascending, `mailsMax` at most. */
  uids: number[];
  /** Behind the last of them: `uidvalidity:uid`. */
  cursor: string;
}

export const mailsMax = 50;

/**
 * The next mails of the open mailbox. Uids only grow while UIDVALIDITY stays the same (RFC 9051 §2.3.1.1). When it has
 * changed, or there is no cursor that can be read, it begins anew with the mails that arrived after `since`: repeats say
 * nothing new, gaps would.
 *
 * @throws Fault when the server refuses the search
 */
export async function nextMails(client: ImapFlow, cursor: string | null, since: Date): Promise<NewMails> {
  const validity = String((client.mailbox && client.mailbox.uidValidity) || 0);
  const [, of, at] = /^(\d{1,20}):(\d{1,10})$/.exec(cursor ?? '') ?? [];
  const toldUid = of === validity ? Number(at) : 0;
  const found = await searchUids(client, toldUid > 0 ? { uid: `${toldUid + 1}:*` } : { since });
  // `7:*` names the last mail even where its uid is lower than 7 (RFC 9051 §9, "seq-range").
  const uids = found.filter((uid) => uid > toldUid).slice(0, mailsMax);
  return { uids, cursor: `${validity}:${uids.at(-1) ?? toldUid}` };
}
