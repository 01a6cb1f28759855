import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { buildConfig } from '../../test/builders/config.ts';
import { sourcesOf } from '../mail/heard.ts';
import type { MailProvider } from '../ports/providerPauses.ts';
import { guaranteePage, type GuaranteeRow } from '../mail/guaranteePage.ts';
import { variableNames } from './variables.ts';
import { heardSourcesOf } from './heardSources.ts';
import { createDeliverySources, createJournal, createMailers, createReportReaders } from './wireMailers.ts';

const pagePath = fileURLToPath(new URL('../../docs/mail-guarantees.md', import.meta.url));

/** Nothing of what is optional. */
const bare = Object.fromEntries(
  variableNames
    .filter((name) => /^(JOURNAL|BOUNCES)_|^(RESEND|NOVU)_WEBHOOK/.test(name))
    .map((name) => [name, undefined]),
);
const journal = pick(/^JOURNAL_(?!IMAP_LAG)/);
const bounces = pick(/^BOUNCES_/);

function pick(names: RegExp) {
  return Object.keys(bare).filter((name) => names.test(name));
}

/** What an adapter says of itself when it is wired as the service wires it. */
function row(
  [setup, settings]: [string, string],
  provider: MailProvider,
  { set = [], policy = 'repeat' }: { set?: string[]; policy?: GuaranteeRow['policy'] } = {},
): GuaranteeRow {
  const left = Object.fromEntries(Object.entries(bare).filter(([name]) => !set.includes(name)));
  const config = buildConfig({ ...left, MAIL_PROVIDERS: provider });
  const box = createJournal(config);
  const [mailer] = createMailers(config, box);
  mailer.close();
  box?.close();
  expect(mailer.name).toBe(provider);
  const sources = sourcesOf(provider, heardSourcesOf(config));
  return { setup, settings, capabilities: mailer.capabilities, policy, sources };
}

it('the page of guarantees says what the adapters say; vitest -u writes it anew', async () => {
  const page = guaranteePage([
    row(['SMTP', '`MAIL_WHEN_UNKNOWN=*=repeat`'], 'smtp'),
    row(['SMTP, held', '`MAIL_WHEN_UNKNOWN=*=hold`'], 'smtp', { policy: 'hold' }),
    row(['SMTP, bounces read', '`MAIL_RETURN_PATH`, `BOUNCES_IMAP_*`'], 'smtp', { set: bounces }),
    row(['SMTP, journal', '`JOURNAL_IMAP_*`'], 'smtp', { set: journal }),
    row(['Resend', ''], 'resend'),
    row(['Resend, webhook', '`RESEND_WEBHOOK_SECRETS`'], 'resend', { set: ['RESEND_WEBHOOK_SECRETS'] }),
    row(['Novu', ''], 'novu'),
    row(['Novu, webhook', '`NOVU_WEBHOOK_SECRETS`'], 'novu', { set: ['NOVU_WEBHOOK_SECRETS'] }),
    row(['Listmonk', ''], 'listmonk'),
    row(['Listmonk, bounces read', '`MAIL_RETURN_PATH`, `BOUNCES_IMAP_*`'], 'listmonk', { set: bounces }),
    row(['Listmonk, journal', '`JOURNAL_ADDRESS`, `JOURNAL_IMAP_*`'], 'listmonk', { set: journal }),
  ]);
  await expect(page).toMatchFileSnapshot(pagePath);
});

it('what is heard is by the names of those that are wired to listen', () => {
  const all = { MAIL_PROVIDERS: 'smtp,resend,listmonk,novu' };
  for (const changes of [all, { ...all, ...bare }, { ...bare, MAIL_PROVIDERS: 'smtp' }]) {
    const config = buildConfig(changes);
    const wired = [
      ...createDeliverySources(config).map(({ name }) => name),
      ...createReportReaders(config).map(({ provider }) => `${provider}_webhook`),
    ];
    expect(heardSourcesOf(config).toSorted()).toEqual(wired.toSorted());
  }
});
