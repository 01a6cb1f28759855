import { describe, expect, it } from 'vitest';
import { readConfig } from './readConfig.ts';
import { variableNames, variables } from './variables.ts';

type Env = Record<string, string | undefined>;

/** What every shop has to give, without anything about who carries mail. */
const others: Env = Object.fromEntries(
  variableNames
    .filter((name) => {
      const { default: byDefault, optional, mailProvider } = variables[name];
      return byDefault === undefined && !optional && mailProvider === undefined;
    })
    .map((name) => [name, variables[name].example]),
);

const examples = (...names: Array<keyof typeof variables>): Env =>
  Object.fromEntries(names.map((name) => [name, variables[name].example]));
const resend = examples('RESEND_API_KEY');
const listmonk = examples('LISTMONK_URL', 'LISTMONK_USER', 'LISTMONK_TOKEN', 'LISTMONK_TEMPLATE_ID');
const novu = examples('NOVU_API_KEY', 'NOVU_WORKFLOW_ID');
const journal = examples('JOURNAL_IMAP_HOST', 'JOURNAL_IMAP_USER', 'JOURNAL_IMAP_PASSWORD');

const read = (env: Env, command: 'serve' | 'staff' = 'serve') =>
  readConfig(
    {
      env: { ...others, ...env },
      readFile: () => 're_from_a_file\n',
      now: new Date('2026-02-01T12:00:00Z'),
      processName: () => 'host-1-abcd',
    },
    command,
  );
function problemsOf(env: Env): string[] {
  const reading = read(env);
  return reading.ok ? [] : reading.problems;
}
function configOf(env: Env) {
  const reading = read(env);
  if (!reading.ok) throw new Error(reading.problems.join('\n'));
  return reading.config;
}

describe('who carries mail', () => {
  it('is SMTP unless it is said, with all that is as usual', () => {
    expect(configOf({ SMTP_HOST: 'smtp.books.example' })).toMatchObject({
      mail: {
        providers: ['smtp'],
        returnPath: null,
        whenUnknown: { kinds: {}, otherwise: 'repeat' },
        evidenceAfterMs: 1_800_000,
        drillAddress: null,
      },
      smtp: { host: 'smtp.books.example', port: 587 },
      resend: null,
      listmonk: null,
      novu: null,
      journal: null,
      bounces: null,
    });
  });

  it('is a list in the order of preference, and needs no SMTP where SMTP is not in it', () => {
    const config = configOf({ MAIL_PROVIDERS: 'novu, resend ,listmonk', ...resend, ...listmonk, ...novu });
    expect(config).toMatchObject({
      mail: { providers: ['novu', 'resend', 'listmonk'] },
      smtp: { host: '' },
      resend: { apiKey: 're_yourSendingKey', apiUrl: null, webhookSecrets: [] },
      listmonk: { url: 'https://lists.books.example', user: 'fulfillment', templateId: 3, messenger: null },
      novu: { workflowId: 'fulfillment-mail', apiUrl: null, webhookSecrets: [] },
    });
  });

  it('is nobody who is not named, whatever else is set', () => {
    expect(configOf({ SMTP_HOST: 'smtp.books.example', ...resend, ...listmonk, ...novu })).toMatchObject({
      resend: null,
      listmonk: null,
      novu: null,
    });
  });

  it.each([
    ['smtp', ['SMTP_HOST']],
    ['resend', ['RESEND_API_KEY']],
    ['listmonk', ['LISTMONK_URL', 'LISTMONK_USER', 'LISTMONK_TOKEN', 'LISTMONK_TEMPLATE_ID']],
    ['novu', ['NOVU_API_KEY', 'NOVU_WORKFLOW_ID']],
  ])('needs of %s what it cannot do without, and says which', (provider, missing) => {
    expect(problemsOf({ MAIL_PROVIDERS: provider })).toEqual(
      missing.map((name) =>
        expect.stringMatching(new RegExp(`^${name} is missing, though MAIL_PROVIDERS names ${provider} `)),
      ),
    );
  });

  it('is no business of whoever asks the service for something', () => {
    expect(read({}, 'staff').ok).toBe(true);
  });

  it('takes secrets from files', () => {
    const config = configOf({ MAIL_PROVIDERS: 'resend', RESEND_API_KEY_FILE: '/run/key' });
    expect(config.resend?.apiKey).toBe('re_from_a_file');
  });

  it('reads secrets of webhooks as a list, two while one is exchanged', () => {
    const [one, two] = [`whsec_${'a'.repeat(24)}`, `whsec_${'b'.repeat(24)}`];
    const webhooks = { MAIL_PROVIDERS: 'resend', RESEND_WEBHOOK_SECRETS: `${one},${two}` };
    expect(configOf({ ...webhooks, ...resend }).resend?.webhookSecrets).toEqual([one, two]);
  });

  it.each([
    [
      { MAIL_PROVIDERS: 'smtp,sendgrid' },
      'MAIL_PROVIDERS must name providers out of smtp, resend, listmonk, novu',
    ],
    [{ MAIL_PROVIDERS: 'smtp,resend,smtp' }, 'MAIL_PROVIDERS must name smtp once'],
    [{ MAIL_PROVIDERS: ',' }, 'MAIL_PROVIDERS must name at least one provider'],
    [{ RESEND_API_URL: 'http://api.resend.com' }, 'RESEND_API_URL must use https'],
    [{ RESEND_API_KEY: 're_1 2' }, 'RESEND_API_KEY must be printable characters without blanks'],
    [{ RESEND_WEBHOOK_SECRETS: 'whsec_short' }, 'RESEND_WEBHOOK_SECRETS must hold signing secrets'],
    [{ NOVU_WEBHOOK_SECRETS: ',' }, 'NOVU_WEBHOOK_SECRETS must hold at least one secret'],
    [{ LISTMONK_USER: 'a:b' }, 'LISTMONK_USER must be a name without blanks and colons'],
    [{ LISTMONK_TEMPLATE_ID: '0' }, 'LISTMONK_TEMPLATE_ID must be a whole number from 1'],
    [{ NOVU_WORKFLOW_ID: 'a b' }, 'NOVU_WORKFLOW_ID must be the identifier of a workflow'],
    [{ MAIL_RETURN_PATH: 'Bounces <b@books.example>' }, 'MAIL_RETURN_PATH must be one plain e-mail address'],
    [{ MAIL_EVIDENCE_MINUTES: '0' }, 'MAIL_EVIDENCE_MINUTES must be a whole number from 1'],
    [{ POSTHOG_PROJECT_KEY: 'phc_1' }, 'POSTHOG_HOST is missing, though POSTHOG_PROJECT_KEY is set'],
    [{ BOUNCES_IMAP_HOST: 'h.example', BOUNCES_IMAP_USER: 'u' }, 'BOUNCES_IMAP_PASSWORD is missing'],
    [
      { JOURNAL_ADDRESS: 'journal@books.example', ...journal, JOURNAL_IMAP_USER: '' },
      'JOURNAL_IMAP_USER is missing',
    ],
    [
      {
        ...journal,
        BOUNCES_IMAP_HOST: 'h.example',
        BOUNCES_IMAP_USER: 'u',
        BOUNCES_IMAP_PASSWORD: 'p',
      },
      'JOURNAL_ADDRESS is missing, though JOURNAL_IMAP_HOST and BOUNCES_IMAP_HOST are set',
    ],
    [
      { MAIL_PROVIDERS: 'smtp,listmonk', ...listmonk, ...journal },
      'JOURNAL_ADDRESS is missing, though JOURNAL_IMAP_HOST is set and MAIL_PROVIDERS names listmonk',
    ],
  ])('is refused as %j', (changes, problem) => {
    const problems = problemsOf({ SMTP_HOST: 'smtp.books.example', ...changes });
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });

  it('never prints a secret that is wrong', () => {
    const [problem] = problemsOf({ SMTP_HOST: 'smtp.books.example', RESEND_API_KEY: 'hunter2 hunter2' });
    expect(problem).not.toContain('hunter2');
  });

  it('is not believed by a signing secret that everybody can read', () => {
    const shop = {
      SMTP_HOST: 'smtp.books.example',
      PUBLIC_BASE_URL: 'https://books-of-joy.com',
      LINK_KEYS: '7S1kNIIsHOrv9/JASi0YObqLqOpG2Aobx3t5lRr65ko=',
      STRIPE_WEBHOOK_SECRETS: 'whsec_0123456789abcdefghijABCDEFGHIJ',
    };
    expect(problemsOf({ ...shop, ...examples('NOVU_WEBHOOK_SECRETS') })).toEqual([
      expect.stringContaining('NOVU_WEBHOOK_SECRETS is the example that everybody can read'),
    ]);
  });
});

describe('what happens to a mail of which nobody can say whether it was taken', () => {
  const smtp = { SMTP_HOST: 'smtp.books.example' };
  it('is said for each kind, and for the others', () => {
    const rule = 'refund=hold; receipt = repeat ;*=hold';
    expect(configOf({ ...smtp, MAIL_WHEN_UNKNOWN: rule }).mail.whenUnknown).toEqual({
      kinds: { refund: 'hold', receipt: 'repeat' },
      otherwise: 'hold',
    });
    expect(configOf({ ...smtp, MAIL_WHEN_UNKNOWN: 'refund=hold' }).mail.whenUnknown).toEqual({
      kinds: { refund: 'hold' },
      otherwise: 'repeat',
    });
  });

  it.each([
    ['receipts=hold', 'must name kinds of mail out of receipt, files_ready'],
    ['receipt', 'must say receipt=repeat or receipt=hold'],
    ['receipt=drop', 'must say receipt=repeat or receipt=hold'],
    ['*=hold;*=repeat', 'must name * once'],
    ['__proto__=hold', 'must name kinds of mail'],
  ])('is refused as %s', (rule, problem) => {
    expect(problemsOf({ ...smtp, MAIL_WHEN_UNKNOWN: rule })).toEqual([expect.stringContaining(problem)]);
  });
});
