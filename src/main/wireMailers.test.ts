import { describe, expect, it } from 'vitest';
import { buildConfig } from '../../test/builders/config.ts';
import { notifications } from '../../test/vendors/notifications.ts';
import { type ScriptedImap, startScriptedImap } from '../../test/vendors/scriptedImap.ts';
import { calledProviders } from '../ports/providerPauses.ts';
import { configuredProviders } from './configuredProviders.ts';
import {
  createDeliverySources,
  createJournal,
  createMailers,
  createReportReaders,
  expectedReports,
} from './wireMailers.ts';
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
      'shop',
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
  });

  it('are heard of as long as their secret or login is known, also when they carry no mail any more', () => {
    const left = buildConfig({ MAIL_PROVIDERS: 'smtp' });
    expect(createReportReaders(left).map(({ provider }) => provider)).toEqual(['resend', 'novu']);
    expect(createDeliverySources(left).map(({ name }) => name)).toContain('listmonk_bounces');
  });

  it('are expected to report, and what their answer is worth is as their adapters say', () => {
    const proving = (provider: string) => named(all, provider)?.capabilities.acceptanceDurable;
    expect(expectedReports(buildConfig(all))).toEqual([
      { provider: 'resend', answerProves: proving('resend') },
      { provider: 'novu', answerProves: proving('novu') },
    ]);
  });
});

const withoutBounces = Object.fromEntries(
  ['HOST', 'PORT', 'SECURITY', 'USER', 'PASSWORD', 'MAILBOX'].map((name) => [
    `BOUNCES_IMAP_${name}`,
    undefined,
  ]),
);

const withoutListmonk = { LISTMONK_TOKEN: undefined };

describe('the places where it is read what became of mails', () => {
  it.each<[string, Record<string, string | undefined>, string[]]>([
    ['everything', all, ['journal', 'bounce_mailbox', 'listmonk_bounces']],
    ['no Listmonk', withoutListmonk, ['journal', 'bounce_mailbox']],
    ['no journal', { ...withoutListmonk, ...withoutJournal }, ['bounce_mailbox']],
    ['no mailbox of bounces', { ...withoutListmonk, ...withoutBounces }, ['journal']],
    ['Listmonk alone', { ...all, ...withoutJournal, ...withoutBounces }, ['listmonk_bounces']],
    ['nothing', { ...withoutListmonk, ...withoutJournal, ...withoutBounces }, []],
  ])('are those that are configured, where there is %s', (_what, changes, names) => {
    expect(createDeliverySources(buildConfig(changes)).map(({ name }) => name)).toEqual(names);
  });

  const domain = 'shop.example';
  const messageId = `<${'0'.repeat(39)}1@${domain}>`;
  const readAt = async (server: ScriptedImap, name: string) => {
    const prefix = name === 'journal' ? 'JOURNAL' : 'BOUNCES';
    const config = buildConfig({
      MAIL_FROM: `receipts@${domain}`,
      JOURNAL_ADDRESS: `journal@${domain}`,
      [`${prefix}_IMAP_HOST`]: '127.0.0.1',
      [`${prefix}_IMAP_PORT`]: String(server.port),
      [`${prefix}_IMAP_SECURITY`]: 'none',
      [`${prefix}_IMAP_USER`]: account.user,
      [`${prefix}_IMAP_PASSWORD`]: account.password,
      [`${prefix}_IMAP_MAILBOX`]: account.mailbox,
    });
    const source = createDeliverySources(config).find((one) => one.name === name);
    return (await source?.poll(null, new AbortController().signal))?.evidence;
  };
  const account = { user: 'reader', password: 'hunter2', mailbox: 'Some/Box' };

  it('tell of mails with Message-IDs of the sender’s domain, from the mailboxes that are configured', async () => {
    const server = await startScriptedImap(account);
    try {
      server.mails.push({ source: `Message-ID: ${messageId}\r\n\r\n`, receivedAt: new Date() });
      server.mails.push({ source: `Message-ID: <1@elsewhere.example>\r\n\r\n`, receivedAt: new Date() });
      expect(await readAt(server, 'journal')).toMatchObject([
        { source: 'journal', kind: 'accepted', messageId },
      ]);
      server.mails.length = 0;
      // A copy for the journal that came back says nothing of the buyer's mail.
      for (const recipient of ['jan@example.pl', `journal@${domain}`])
        server.mails.push({
          source: notifications.Postfix({ messageId, recipient, ownId: `<of-${recipient}>` }),
          receivedAt: new Date(),
        });
      expect(await readAt(server, 'bounce_mailbox')).toMatchObject([
        { source: 'bounce_mailbox', kind: 'bounced', messageId, eventId: '<of-jan@example.pl>' },
      ]);
    } finally {
      await server.stop();
    }
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
