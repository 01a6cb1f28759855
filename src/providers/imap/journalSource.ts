import type { DeliveryEvidence, DeliverySource } from '../../ports/deliveryEvidence.ts';
import { underDeadline } from '../outbound.ts';
import { createImapMailbox, type ImapMailboxOptions } from './mailbox.ts';
import { nextMails } from './newMails.ts';
import { mailNameIn } from './ownMessageId.ts';

export interface JournalSourceOptions extends ImapMailboxOptions {
  /** How far back the mailbox is read at first. Default 3 days: later, nobody waits for a proof any more. */
  lookBackMs?: number | undefined;
  now: () => Date;
}

const name = 'journal';
const lookBackMsDefault = 3 * 24 * 3_600_000;

/**
 * The journal as a place where evidence is found: a copy in it proves that the mail was taken. Message-ID and time of
 * arrival are fetched, and nothing of what buyers are written.
 */
export function createJournalSource(options: JournalSourceOptions): DeliverySource {
  const { lookBackMs = lookBackMsDefault, now, timeoutMs } = options;
  const mailbox = createImapMailbox(options);

  return {
    name,
    poll: (known, signal) =>
      underDeadline(signal, timeoutMs, (deadline) =>
        mailbox.within(deadline, async (client) => {
          const since = new Date(now().getTime() - lookBackMs);
          const { uids, cursor } = await nextMails(client, known, since);
          if (uids.length === 0) return { evidence: [], cursor };
          const query = { headers: ['message-id'], internalDate: true };
          const mails = await client.fetchAll(uids.join(','), query, { uid: true });
          const evidence = mails.flatMap(({ headers, internalDate }): DeliveryEvidence[] => {
            const mail = mailNameIn(headers?.toString('latin1') ?? '');
            if (mail === undefined || !('messageId' in mail)) return [];
            const [eventId = ''] = mail.messageId.slice(1).split('@');
            const at = new Date(internalDate ?? now());
            return [{ provider: null, source: name, eventId, kind: 'accepted', at, ...mail }];
          });
          return { evidence, cursor };
        }),
      ),
  };
}
