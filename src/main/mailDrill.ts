import type { Fault } from '../domain/fault.ts';
import { canBeProven, createOutageDrill } from '../mail/outageDrill.ts';
import type { DrillHearing, MailDrill } from '../ports/mailDrill.ts';
import type { Mailer } from '../ports/mailer.ts';
import type { MailProvider } from '../ports/providerPauses.ts';
import { mailProvers, mailRemedies } from './checks/mail.ts';
import type { Config } from './config.ts';
import { systemClock } from './systemClock.ts';
import { systemRandom } from './systemRandom.ts';
import { createJournal, createMailers } from './wireMailers.ts';

/** The drill of an outage, with mailers of its own for each: it must not wait for those of the worker. */
export function createMailDrill(config: Config, hearing: DrillHearing): MailDrill {
  return createOutageDrill({
    open() {
      const journal = createJournal(config);
      const mailers = createMailers(config, journal);
      return {
        mailers,
        close() {
          for (const mailer of mailers) mailer.close();
          journal?.close();
        },
      };
    },
    from: { name: config.shop.name, address: config.shop.fromAddress },
    clock: systemClock,
    random: systemRandom,
    remedyOf,
    proverOf,
    hearing,
  });
}

function remedyOf(provider: string, { kind }: Fault): string {
  if (kind === 'needs_human') return mailRemedies[provider as MailProvider];
  if (kind === 'permanent')
    return 'Look whether the test address and MAIL_FROM are good, and whether the domain of MAIL_FROM is set up there.';
  return `Look whether the provider is up, and whether this machine reaches it: fulfillment doctor. ${mailRemedies[provider as MailProvider]}`;
}

function proverOf(mailer: Mailer): string {
  const provider = mailer.name as MailProvider;
  if (!canBeProven(mailer)) return mailProvers[provider];
  return mailer.capabilities.deliveryEvents === 'all'
    ? `Look at ${mailer.name} whether the mail went out, and whether its webhook reaches <PUBLIC_BASE_URL>/webhooks/mail/${mailer.name}; drill again.`
    : 'Look whether the mail is in the mailbox of JOURNAL_IMAP_*. If it came later: a campaign may have gone before it; drill again. If not: docs/mail-listmonk.md.';
}
