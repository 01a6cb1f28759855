import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Finding } from '../../cli/duties.ts';
import { parseEmailAddress } from '../../domain/emailAddress.ts';
import { composeTestMail } from '../../mail/testMail.ts';
import type { Mailer } from '../../ports/mailer.ts';
import { createJournal, createMailers } from '../wireMailers.ts';
import { faultText, findingsOf, type Check } from './check.ts';
import { mailPlace, mailRemedies } from './mail.ts';

const journalPatienceMs = 30_000;
const journalPollMs = 500;

export interface TestMail {
  to: string;
  /** Name of a mail provider that is configured; the preferred one unless given. */
  via?: string | undefined;
}

/** Sends one real mail and, where the provider can be asked, waits until it is found. */
export function testMailCheck({ to: address, via }: TestMail): Check {
  return {
    name: 'test mail',
    async run({ config, signal }) {
      const { ok, failed } = findingsOf('test mail');
      const to = parseEmailAddress(address)?.original;
      if (to === undefined) return [failed('the address of --send-test is not a plain e-mail address')];
      const { providers } = config.mail;
      const provider = via === undefined ? providers[0] : providers.find((name) => name === via);
      if (provider === undefined)
        return [failed(`--send-test-via names none of MAIL_PROVIDERS: ${providers.join(', ')}`)];
      const journal = createJournal(config);
      const [mailer] = createMailers({ ...config, mail: { ...config.mail, providers: [provider] } }, journal);
      try {
        const mail = await composeTestMail({
          to,
          from: { name: config.shop.name, address: config.shop.fromAddress },
          nonce: randomBytes(20),
          date: new Date(),
          why: 'Somebody looks whether mails arrive.',
        });
        const { reference } = await mailer.send(mail, signal);
        return [
          ok(`taken by ${provider}, ${mailPlace(config, provider)} (${reference})`),
          ...(await awaitFinding(mailer, mail.messageId, signal)),
        ];
      } catch (error) {
        return [
          failed(
            `${provider}: ${faultText(error)}`,
            `${mailRemedies[provider]} It must be allowed to send for the domain of MAIL_FROM.`,
          ),
        ];
      } finally {
        mailer.close();
        journal?.close();
      }
    },
  };
}

async function awaitFinding(mailer: Mailer, messageId: string, signal: AbortSignal): Promise<Finding[]> {
  if (!mailer.find) return [];
  const { ok, warning } = findingsOf('test mail');
  const startedMs = performance.now();
  const patience = AbortSignal.any([signal, AbortSignal.timeout(journalPatienceMs)]);
  let trouble = 'it has not shown up';
  while (!patience.aborted) {
    try {
      if (await mailer.find(messageId, patience)) {
        return [ok(`found again after ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)];
      }
    } catch (error) {
      trouble = faultText(error);
    }
    await pause(journalPollMs, undefined, { signal: patience }).catch(() => undefined);
  }
  const remedy =
    mailer.name === 'novu'
      ? 'Look at the activity of the workflow in Novu.'
      : 'Does the journal get a copy of every mail, and does JOURNAL_IMAP_MAILBOX name its folder?';
  return [warning(`not found again within ${journalPatienceMs / 1000} s: ${trouble}`, remedy)];
}
