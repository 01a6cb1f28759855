import { z } from 'zod';
import { Fault } from '../../domain/fault.ts';
import type { Acceptance, MailerConnection, OutgoingMail } from '../../ports/mailer.ts';
import { plainEnvelopeOf } from '../mailAddress.ts';
import { connectListmonk, type ListmonkConnectionOptions } from './api.ts';
import { listmonkFault } from './faults.ts';
import { requestFor } from './request.ts';
import { verifyListmonk } from './verify.ts';

/** A mailbox that gets a copy of every mail and can be searched. Wired to `providers/imap`. */
export interface ListmonkJournal {
  find(messageId: string, signal: AbortSignal): Promise<{ uid: number } | undefined>;
}

export interface ListmonkMailerOptions extends ListmonkConnectionOptions {
  /** The transactional template that prints our mails (`template.ts`). */
  templateId: number;
  /** A messenger other than Listmonk's default `email`. */
  messenger?: string | undefined;
  /** Gets a copy of every mail as Bcc; a journal needs it. */
  journalAddress?: string | undefined;
  journal?: ListmonkJournal | undefined;
  /** How long a mail may need from Listmonk's queue to the journal. Default 15 minutes: a campaign goes before it. */
  journalLagMs?: number | undefined;
  /** Where mails come back to that cannot be delivered, in place of what Listmonk's SMTP server is set to. */
  bounceAddress?: string | undefined;
  /** That mailbox is read. Listmonk's own list of bounces (`bounces.ts`) tells of a part of them. */
  reportsBounces?: boolean | undefined;
}

const journalLagMsDefault = 15 * 60_000;

/**
 * Mails through Listmonk's transactional API. Its 200 is given once the mail stands in a queue in Listmonk's memory; a
 * crash loses it, and what the SMTP server says later is written to Listmonk's log alone (knadh/listmonk issues 1353,
 * 2377). So its acceptance does not last, and the only proof is a copy of the mail in the journal.
 *
 * @throws TypeError when an option cannot be used
 */
export function createListmonkMailer(options: ListmonkMailerOptions): MailerConnection {
  const { templateId, messenger, journal, journalAddress, bounceAddress } = options;
  if (!Number.isSafeInteger(templateId) || templateId < 1)
    throw new TypeError('The number of Listmonk’s template is not a whole number above zero.');
  if (journal && journalAddress === undefined)
    throw new TypeError('A journal of Listmonk’s mails needs the address that its copies go to.');
  for (const address of [journalAddress, bounceAddress]) if (address !== undefined) refuseUnplain(address);
  const api = connectListmonk(options);

  return {
    name: 'listmonk',
    capabilities: {
      dedupe: null,
      lookup: journal ? 'message_id' : 'none',
      lookupLagMs: journal ? (options.journalLagMs ?? journalLagMsDefault) : 0,
      acceptanceDurable: false,
      deliveryEvents: options.reportsBounces ? 'failures' : 'none',
    },

    async send(mail: OutgoingMail, signal: AbortSignal): Promise<Acceptance> {
      const content = await requestFor(mail, { templateId, messenger, journalAddress, bounceAddress });
      if (signal.aborted) {
        throw new Fault(listmonkFault({ kind: 'outbound', trouble: 'aborted', mayBeQueued: false }));
      }
      const answer = await api.ask({ path: 'api/tx', content, data: z.literal(true), signal });
      if (answer.kind !== 'ok') throw new Fault(listmonkFault({ ...answer, mayBeQueued: true, messenger }));
      return { provider: 'listmonk', reference: 'queued in memory', evidence: 'answer' };
    },

    ...(journal && {
      find: async (messageId: string, signal: AbortSignal) => {
        const found = await journal.find(messageId, signal);
        return (
          found && {
            provider: 'listmonk',
            reference: `journal uid ${found.uid}`,
            evidence: 'journal' as const,
          }
        );
      },
    }),

    verify: (signal: AbortSignal) => verifyListmonk(api, { templateId, messenger }, signal),
    close: () => undefined,
  };
}

function refuseUnplain(address: string): void {
  try {
    plainEnvelopeOf({ from: address, to: address }, 'listmonk');
  } catch {
    throw new TypeError('The address of the journal or for bounces is not one plain address.');
  }
}
