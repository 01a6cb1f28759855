import { describe, expect, it } from 'vitest';
import { buildConfig } from '../../test/builders/config.ts';
import { calledProviders } from '../ports/providerPauses.ts';
import { configuredProviders } from './configuredProviders.ts';
import { createDeliverySources, createJournal, createMailers, createReportReaders } from './wireMailers.ts';
import { createAnalytics } from './wireProviders.ts';

const all = { MAIL_PROVIDERS: 'novu,resend,listmonk,smtp' };
const withoutJournal = Object.fromEntries(
  [
    'ADDRESS',
    'IMAP_HOST',
    'IMAP_PORT',
    'IMAP_SECURITY',
    'IMAP_USER',
    'IMAP_PASSWORD',
    'IMAP_MAILBOX',
    'IMAP_LAG_MS',
  ].map((name) => [`JOURNAL_${name}`, undefined]),
);

function mailersOf(changes: Record<string, string | undefined>) {
  const config = buildConfig(changes);
  const mailers = createMailers(config, createJournal(config));
  for (const mailer of mailers) mailer.close();
  return mailers;
}
const named = (changes: Record<string, string | undefined>, name: string) =>
  mailersOf(changes).find((mailer) => mailer.name === name);

describe('the mailers', () => {
  it('are those that are configured, in their order, under the names of their circuits and limits', () => {
    expect(mailersOf(all).map(({ name }) => name)).toEqual(['novu', 'resend', 'listmonk', 'smtp']);
    expect(mailersOf({}).map(({ name }) => name)).toEqual(['smtp']);
    expect(calledProviders(configuredProviders(buildConfig(all)))).toEqual([
      'stripe',
      'novu',
      'resend',
      'listmonk',
      'smtp',
      'storage',
      'plausible',
      'posthog',
    ]);
  });

  it('can be asked about a mail by the journal, where there is one', () => {
    expect(named(all, 'smtp')?.capabilities).toMatchObject({ lookup: 'message_id', lookupLagMs: 60_000 });
    expect(named(all, 'listmonk')?.capabilities).toMatchObject({ lookup: 'message_id' });
    expect(named({ ...all, ...withoutJournal }, 'smtp')?.capabilities).toMatchObject({ lookup: 'none' });
    expect(named({ ...all, ...withoutJournal }, 'listmonk')?.capabilities).toMatchObject({ lookup: 'none' });
  });

  it('say that they are heard of where something listens', () => {
    const deaf = { ...all, RESEND_WEBHOOK_SECRETS: undefined, NOVU_WEBHOOK_SECRETS: undefined };
    expect(named(all, 'resend')?.capabilities.deliveryEvents).toBe('all');
    expect(named(deaf, 'resend')?.capabilities.deliveryEvents).toBe('none');
    expect(named(deaf, 'novu')?.capabilities.acceptanceDurable).toBe(false);
    expect(createReportReaders(buildConfig(all)).map(({ provider }) => provider)).toEqual(['resend', 'novu']);
    expect(createReportReaders(buildConfig(deaf))).toEqual([]);
    // The secrets of a provider that is not configured open nothing.
    expect(createReportReaders(buildConfig())).toEqual([]);
  });

  it('have the list of bounces of Listmonk read where Listmonk is configured', () => {
    expect(createDeliverySources(buildConfig(all)).map(({ name }) => name)).toContain('listmonk_bounces');
    expect(createDeliverySources(buildConfig()).map(({ name }) => name)).not.toContain('listmonk_bounces');
  });
});

describe('analytics', () => {
  it('are none, one or both, by their own names', () => {
    const names = (changes: Record<string, string | undefined>) =>
      createAnalytics(buildConfig(changes)).map(({ name }) => name);
    const withoutPlausible = { PLAUSIBLE_API_URL: undefined, PLAUSIBLE_DOMAIN: undefined };
    const withoutPosthog = { POSTHOG_HOST: undefined, POSTHOG_PROJECT_KEY: undefined };
    expect(names({})).toEqual(['plausible', 'posthog']);
    expect(names(withoutPlausible)).toEqual(['posthog']);
    expect(names({ ...withoutPlausible, ...withoutPosthog })).toEqual([]);
  });
});
