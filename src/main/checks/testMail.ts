import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Finding } from '../../cli/duties.ts';
import { parseEmailAddress } from '../../domain/emailAddress.ts';
import { composeMail } from '../../mail/compose.ts';
import type { ImapJournal } from '../../providers/imap/adapter.ts';
import { createJournal, createMailer } from '../wireProviders.ts';
import { faultText, findingsOf, type Check } from './check.ts';

const journalPatienceMs = 30_000;
const journalPollMs = 500;

/** Sends one real mail and, where there is a journal, waits until it shows up there. */
export function testMailCheck(address: string): Check {
  return {
    name: 'test mail',
    async run({ config, signal }) {
      const { ok, failed } = findingsOf('test mail');
      const to = parseEmailAddress(address)?.original;
      if (to === undefined) return [failed('the address of --send-test is not a plain e-mail address')];
      const from = config.shop.fromAddress;
      const messageId = `<doctor-${randomUUID()}@${from.slice(from.lastIndexOf('@') + 1)}>`;
      const journal = createJournal(config);
      const mailer = createMailer(config, undefined);
      try {
        const bytes = await testMail({ messageId, to, shopName: config.shop.name, from });
        const { reference } = await mailer.send({ from, to, messageId, bytes }, signal);
        return [
          ok(`taken by ${config.smtp.host} (${reference})`),
          ...(await awaitInJournal(journal, messageId, signal)),
        ];
      } catch (error) {
        return [
          failed(faultText(error), 'Check SMTP_* and that the server may send for the domain of MAIL_FROM.'),
        ];
      } finally {
        mailer.close();
        journal?.close();
      }
    },
  };
}

function testMail({
  messageId,
  to,
  shopName,
  from,
}: Record<'messageId' | 'to' | 'shopName' | 'from', string>) {
  const text = `This is a test of ${shopName}'s fulfillment. Nothing was bought, and there is nothing to do.`;
  return composeMail({
    messageId,
    date: new Date(),
    from: { name: shopName, address: from },
    to,
    subject: `Test of fulfillment mails`,
    text,
    html: `<p>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</p>`,
    attachments: [],
    language: 'en',
  });
}

async function awaitInJournal(
  journal: ImapJournal | undefined,
  messageId: string,
  signal: AbortSignal,
): Promise<Finding[]> {
  if (!journal) return [];
  const { ok, warning } = findingsOf('test mail');
  const startedMs = performance.now();
  const patience = AbortSignal.any([signal, AbortSignal.timeout(journalPatienceMs)]);
  let trouble = 'it has not shown up';
  while (!patience.aborted) {
    try {
      if (await journal.find(messageId, patience)) {
        return [ok(`in the journal after ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)];
      }
    } catch (error) {
      trouble = faultText(error);
    }
    await pause(journalPollMs, undefined, { signal: patience }).catch(() => undefined);
  }
  const remedy = 'Does the journal get a copy of every mail, and does JOURNAL_IMAP_MAILBOX name its folder?';
  return [warning(`not in the journal within ${journalPatienceMs / 1000} s: ${trouble}`, remedy)];
}
