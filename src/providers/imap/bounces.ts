import { createHash } from 'node:crypto';
import { setImmediate as othersTurn } from 'node:timers/promises';
import type { DeliveryEvidence, DeliverySource } from '../../ports/deliveryEvidence.ts';
import { underDeadline } from '../outbound.ts';
import { createImapMailbox, type ImapMailboxOptions } from './mailbox.ts';
import { nextMails } from './newMails.ts';
import { readNotification, type NotificationOptions } from './statusNotification.ts';

export interface BounceMailboxOptions extends ImapMailboxOptions {
  /** Addresses that get copies, as the journal: a copy that comes back says nothing of the buyer's mail. */
  copyAddresses?: readonly string[] | undefined;
  /** How far back the mailbox is read at first; a mail server gives up after about five days. Default 14 days. */
  lookBackMs?: number | undefined;
  now: () => Date;
}

const name = 'bounce_mailbox';
const lookBackMsDefault = 14 * 24 * 3_600_000;

/** Of a notification the first part is read: the status and the returned headers come before the returned body. */
const readBytesMax = 256 * 1024;

/**
 * A mailbox that mails come back to which could not be delivered: the address of MAIL FROM. It is only looked at, so
 * people may read it as well, and their mail in it is passed over. What is told of a mail is as true as mail is: anybody
 * who has seen the Message-ID can write a notification about it.
 */
export function createBounceMailbox(options: BounceMailboxOptions): DeliverySource {
  const { copyAddresses = [], lookBackMs = lookBackMsDefault, now, timeoutMs } = options;
  const mailbox = createImapMailbox(options);
  const ignoredRecipients = new Set(copyAddresses.map((address) => address.toLowerCase()));

  return {
    name,
    poll: (known, signal) =>
      underDeadline(signal, timeoutMs, (deadline) =>
        mailbox.within(deadline, async (client) => {
          const since = new Date(now().getTime() - lookBackMs);
          const { uids, cursor } = await nextMails(client, known, since);
          if (uids.length === 0) return { evidence: [], cursor };
          const query = { source: { maxLength: readBytesMax }, internalDate: true };
          const mails = await client.fetchAll(uids.join(','), query, { uid: true });
          const evidence: DeliveryEvidence[] = [];
          for (const { source, internalDate } of mails) {
            // Parsing keeps the process busy; a page of large mails must not keep it from its leases.
            await othersTurn();
            const arrived = { source: source ?? new Uint8Array(), at: new Date(internalDate ?? now()) };
            evidence.push(...(await evidenceIn(arrived, { ignoredRecipients })));
          }
          return { evidence, cursor };
        }),
      ),
  };
}

async function evidenceIn(
  { source, at }: { source: Uint8Array; at: Date },
  options: NotificationOptions,
): Promise<DeliveryEvidence[]> {
  const read = await readNotification(source, options);
  if (read === undefined) return [];
  const { id, mail, kind, bounce } = read;
  const eventId = id ?? `sha256:${createHash('sha256').update(source).digest('hex')}`;
  return [{ provider: null, source: name, eventId, kind, at, ...mail, ...(bounce && { bounce }) }];
}
