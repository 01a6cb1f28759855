import { describe, expect, it } from 'vitest';
import { readConfig, type ConfigReading } from './readConfig.ts';
import { readMigrationConfig } from './readMigrationConfig.ts';
import { variableNames, variables } from './variables.ts';

type Env = Record<string, string | undefined>;

/** Every required variable, with its example, where mail goes by SMTP. */
const required: Env = Object.fromEntries(
  variableNames
    .filter((name) => variables[name].default === undefined && !variables[name].optional)
    .filter((name) => (variables[name].mailProvider ?? 'smtp') === 'smtp')
    .map((name) => [name, variables[name].example]),
);

function read(changes: Env = {}, files: Record<string, string> = {}, command: 'serve' | 'worker' = 'serve') {
  return readConfig(
    {
      env: { ...required, ...changes },
      readFile: (path) => {
        const text = files[path];
        if (text === undefined) throw Object.assign(new Error(path), { code: 'ENOENT' });
        return text;
      },
      now: new Date('2026-02-01T12:00:00Z'),
      processName: () => 'host-1-abcd',
    },
    command,
  );
}

function problemsOf(reading: ConfigReading): string[] {
  expect(reading.ok).toBe(false);
  return reading.ok ? [] : reading.problems;
}

function configOf(reading: ConfigReading) {
  if (!reading.ok) throw new Error(reading.problems.join('\n'));
  return reading.config;
}

describe('the proxies in front', () => {
  it('are named by address, network or word, and are none unless named', () => {
    expect(configOf(read()).http.trustProxy).toBe(false);
    const { http } = configOf(read({ TRUST_PROXY: 'loopback, 10.0.0.0/8' }));
    expect(http.trustProxy).toEqual(['loopback', '10.0.0.0/8']);
  });

  it.each([
    { TRUST_PROXY: 'true' },
    { TRUST_PROXY: '10.0.0.1,0.0.0.0/0' },
    { TRUST_PROXY: 'true', ENVIRONMENT: 'staging', STRIPE_SECRET_KEY: `rk_live_${'a'.repeat(24)}` },
  ])('are not everybody in production: %j', (env) => {
    expect(problemsOf(read(env))).toEqual([
      expect.stringMatching(/^TRUST_PROXY must not believe everybody.* name the proxies \(for example /),
    ]);
  });

  it('may be everybody elsewhere', () => {
    expect(configOf(read({ TRUST_PROXY: 'true', ENVIRONMENT: 'staging' })).http.trustProxy).toBe(true);
  });
});

describe('reading the configuration', () => {
  it('needs the required variables only and fills in the defaults', () => {
    const config = configOf(read());
    expect(config).toMatchObject({
      environment: 'production',
      http: { host: '127.0.0.1', port: 8080, publicBaseUrl: 'https://api.books.example', allowedOrigins: [] },
      stripe: { livemode: false, webhookSecrets: ['whsec_yourSigningSecret'], baseUrl: null },
      startDate: new Date('2026-01-01T00:00:00Z'),
      smtp: { port: 587, security: 'starttls', user: null },
      journal: null,
      plausible: null,
      seller: {
        email: 'help@books.example',
        addressLines: ['ul. Przykładowa 1', '00-001 Warszawa', 'Poland'],
      },
      worker: { name: 'host-1-abcd', jobsMax: 500, leaseMs: 15_000 },
      linkLifetimeHours: 48,
    });
    expect(config.linkKeys[0]).toHaveLength(32);
  });

  it('names every problem at once, each with its variable and an example', () => {
    const problems = problemsOf(
      read({
        PORT: '80a',
        SHOP_NAME: undefined,
        TIME_ZONE: 'Mars/Olympus',
        FULFILLMENT_START_DATE: '2026-02-30',
      }),
    );
    expect(problems).toEqual([
      'PORT must be a whole number from 0 to 65535 (for example 8080).',
      'FULFILLMENT_START_DATE must be an ISO 8601 day, or a time with its offset (for example 2026-01-01).',
      'SHOP_NAME is missing (for example Books of Example).',
      'TIME_ZONE must be the IANA name of a time zone (for example Europe/Warsaw).',
    ]);
  });

  it('reads the limits of providers, and says which one is wrong', () => {
    expect(configOf(read()).providerLimits).toEqual({});
    expect(configOf(read({ PROVIDER_LIMITS: 'smtp=10/s' })).providerLimits).toEqual({
      smtp: { ratePerSecond: 10 },
    });
    expect(problemsOf(read({ PROVIDER_LIMITS: 'smtp=10/s;stripe=0/s' }))).toEqual([
      'PROVIDER_LIMITS must give stripe nothing but limits above 0 (for example smtp=10/s,burst:20,concurrency:8;stripe=25/s).',
    ]);
  });

  it.each([
    ['STRIPE_SECRET_KEY', 'hunter2-hunter2'],
    ['STRIPE_WEBHOOK_SECRETS', 'hunter2'],
    ['LINK_KEYS', 'hunter2'],
    ['DATABASE_URL_WORKER', 'mysql://me:hunter2@db/x'],
  ])('never prints the value of the secret %s', (name, value) => {
    const [problem = ''] = problemsOf(read({ [name]: value }));
    expect(problem).toContain(name);
    expect(problem).not.toContain('hunter2');
  });

  it('takes an empty variable for one that is not set', () => {
    expect(problemsOf(read({ SMTP_HOST: ' ' }))).toEqual([
      'SMTP_HOST is missing, though MAIL_PROVIDERS names smtp (for example smtp.books.example).',
    ]);
    expect(configOf(read({ SMTP_USER: '' })).smtp.user).toBeNull();
  });

  it('asks a worker for nothing that only listening needs', () => {
    const listening = [
      'DATABASE_URL_INTAKE',
      'DATABASE_URL_SHELF',
      'STRIPE_WEBHOOK_SECRETS',
      'OIDC_ISSUER',
      'OIDC_AUDIENCE',
    ];
    const without = Object.fromEntries(listening.map((name) => [name, undefined]));
    expect(configOf(read(without, {}, 'worker')).database.intakeUrl).toBe('');
    expect(problemsOf(read(without))).toHaveLength(listening.length);
  });

  it.each([
    ['rk_live_abcdefgh1', true],
    ['sk_test_abcdefgh1', false],
  ])('tells live mode by the key %s', (key, livemode) => {
    expect(configOf(read({ STRIPE_SECRET_KEY: key })).stripe.livemode).toBe(livemode);
  });

  it('splits lists at commas and line breaks', () => {
    const changes = {
      STRIPE_WEBHOOK_SECRETS: 'whsec_11111111\nwhsec_22222222,',
      ALLOWED_ORIGINS: 'https://a.example, http://localhost:3000/',
    };
    const config = configOf(read(changes));
    expect(config.stripe.webhookSecrets).toEqual(['whsec_11111111', 'whsec_22222222']);
    expect(config.http.allowedOrigins).toEqual(['https://a.example', 'http://localhost:3000']);
  });
});

describe('secrets from files', () => {
  it('are read without the line break at their end', () => {
    const changes = { STRIPE_SECRET_KEY: undefined, STRIPE_SECRET_KEY_FILE: '/run/key' };
    expect(configOf(read(changes, { '/run/key': 'sk_live_abcdefgh1\n' })).stripe.secretKey).toBe(
      'sk_live_abcdefgh1',
    );
  });

  it('are refused beside the variable itself, when missing, and when empty', () => {
    const both = {
      STRIPE_SECRET_KEY_FILE: '/run/key',
      SMTP_PASSWORD_FILE: '/run/none',
      LINK_KEYS: undefined,
      LINK_KEYS_FILE: '/run/empty',
    };
    expect(problemsOf(read({ ...both, SMTP_USER: 'me' }, { '/run/key': 'x', '/run/empty': '\n' }))).toEqual([
      'STRIPE_SECRET_KEY and STRIPE_SECRET_KEY_FILE are both set; keep one of them.',
      'SMTP_PASSWORD_FILE names a file that cannot be read (ENOENT).',
      'LINK_KEYS_FILE names a file that is empty.',
    ]);
  });

  it('are the only variables that come from files', () => {
    expect(read({ SMTP_HOST_FILE: '/run/host' }).warnings).toEqual([
      'SMTP_HOST_FILE is not read: only secrets come from files. Set SMTP_HOST.',
    ]);
  });
});

describe('rules between variables', () => {
  it.each([
    [{ FULFILLMENT_START_DATE: '2027-01-01' }, 'FULFILLMENT_START_DATE is more than 31 days ahead'],
    [{ SMTP_SECURITY: 'none' }, 'SMTP_SECURITY must not be none beyond loopback'],
    [
      { SMTP_SECURITY: 'none', SMTP_ALLOW_PLAINTEXT: 'true', SMTP_USER: 'a', SMTP_PASSWORD: 'b' },
      'SMTP_SECURITY must not be none with SMTP_USER',
    ],
    [{ SMTP_USER: 'receipts' }, 'SMTP_PASSWORD is missing, though SMTP_USER is set'],
    [
      { JOURNAL_IMAP_MAILBOX: 'INBOX', JOURNAL_IMAP_HOST: 'h.example', JOURNAL_IMAP_USER: 'u' },
      'JOURNAL_IMAP_PASSWORD is missing',
    ],
    [{ PLAUSIBLE_DOMAIN: 'books.example' }, 'PLAUSIBLE_API_URL is missing, though PLAUSIBLE_DOMAIN is set'],
    [{ PUBLIC_BASE_URL: 'http://books.example' }, 'PUBLIC_BASE_URL must use https'],
    [{ PUBLIC_BASE_URL: 'https://books.example/shop' }, 'PUBLIC_BASE_URL must have no path'],
    [{ STRIPE_API_BASE_URL: 'https://stripe.evil.example' }, 'STRIPE_API_BASE_URL must be on loopback'],
    [
      {
        PUBLIC_BASE_URL: 'https://books-of-joy.com',
        STRIPE_WEBHOOK_SECRETS: 'whsec_0123456789abcdefghijABCDEFGHIJ',
      },
      'LINK_KEYS is the example that everybody can read',
    ],
    [
      {
        PUBLIC_BASE_URL: 'https://books-of-joy.com',
        LINK_KEYS: '7S1kNIIsHOrv9/JASi0YObqLqOpG2Aobx3t5lRr65ko=',
      },
      'STRIPE_WEBHOOK_SECRETS is the example that everybody can read',
    ],
  ])('refuse %j', (changes, problem) => {
    const problems = problemsOf(read(changes));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  it('allow plain SMTP on loopback, and elsewhere when it was asked for and no password is sent', () => {
    expect(configOf(read({ SMTP_HOST: 'localhost', SMTP_SECURITY: 'none' })).smtp.security).toBe('none');
    expect(configOf(read({ SMTP_SECURITY: 'none', SMTP_ALLOW_PLAINTEXT: 'true' })).smtp.host).toBe(
      'smtp.books.example',
    );
  });

  it('complete a journal with the usual port and folder', () => {
    const journal = {
      JOURNAL_IMAP_HOST: 'imap.books.example',
      JOURNAL_IMAP_USER: 'j',
      JOURNAL_IMAP_PASSWORD: ' p ',
    };
    expect(configOf(read(journal)).journal).toEqual({
      host: 'imap.books.example',
      port: 993,
      security: 'tls',
      user: 'j',
      password: ' p ',
      mailbox: 'INBOX',
      address: null,
      lagMs: null,
    });
  });
});

describe('the admin API', () => {
  const database = { DATABASE_URL_OPERATIONS: variables.DATABASE_URL_OPERATIONS.example };
  const staff = {
    STAFF_OIDC_ISSUER: variables.STAFF_OIDC_ISSUER.example,
    STAFF_OIDC_AUDIENCE: variables.STAFF_OIDC_AUDIENCE.example,
    STAFF_OIDC_CLIENT_ID: variables.STAFF_OIDC_CLIENT_ID.example,
  };

  it('is not there unless it is asked for', () => {
    expect(configOf(read())).toMatchObject({ staff: null, database: { operationsUrl: null } });
  });

  it('needs its own way to the database as soon as staff may sign in', () => {
    expect(problemsOf(read(staff))).toEqual([
      expect.stringMatching(/^DATABASE_URL_OPERATIONS is missing, though STAFF_OIDC_ISSUER is set/),
    ]);
    expect(configOf(read({ ...staff, ...database }))).toMatchObject({
      staff: { audience: staff.STAFF_OIDC_AUDIENCE },
      database: { operationsUrl: database.DATABASE_URL_OPERATIONS },
    });
  });

  it('is no business of a worker', () => {
    expect(configOf(read({ ...staff, ...database }, {}, 'worker'))).toMatchObject({
      staff: null,
      database: { operationsUrl: null },
    });
  });
});

describe('the configuration of migrations', () => {
  const sources = { readFile: () => '', env: {} as Env };

  it('needs the owner’s URL and takes the roles’ URLs as they come', () => {
    const env = {
      DATABASE_URL_MIGRATOR: required['DATABASE_URL_MIGRATOR'],
      DATABASE_URL_SHELF: required['DATABASE_URL_SHELF'],
    };
    const reading = readMigrationConfig({ ...sources, env });
    expect(reading).toMatchObject({
      ok: true,
      roleUrls: [{ role: 'fulfillment_shelf', variable: 'DATABASE_URL_SHELF' }],
      missing: ['DATABASE_URL_INTAKE', 'DATABASE_URL_WORKER', 'DATABASE_URL_READER'],
    });
    const { example: DATABASE_URL_OPERATIONS } = variables.DATABASE_URL_OPERATIONS;
    expect(readMigrationConfig({ ...sources, env: { ...env, DATABASE_URL_OPERATIONS } })).toMatchObject({
      roleUrls: [{ role: 'fulfillment_shelf' }, { role: 'fulfillment_operations' }],
    });
    expect(readMigrationConfig(sources)).toMatchObject({
      ok: false,
      problems: [expect.stringContaining('DATABASE_URL_MIGRATOR is missing')],
    });
  });
});

describe('the series of receipts and credit notes', () => {
  it('are R and C unless they are named', () => {
    expect(configOf(read())).toMatchObject({ receiptSeriesPrefix: 'R', creditNoteSeriesPrefix: 'C' });
    const named = read({ RECEIPT_SERIES_PREFIX: 'PL', CREDIT_NOTE_SERIES_PREFIX: 'PLC' });
    expect(configOf(named)).toMatchObject({ receiptSeriesPrefix: 'PL', creditNoteSeriesPrefix: 'PLC' });
  });

  it('are never the same', () => {
    expect(problemsOf(read({ RECEIPT_SERIES_PREFIX: 'C' }))).toEqual([
      expect.stringMatching(/^CREDIT_NOTE_SERIES_PREFIX must not be the same as RECEIPT_SERIES_PREFIX/),
    ]);
  });
});

describe('the shop’s webhook', () => {
  const secret = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
  const problemsOf = (env: Record<string, string>) => {
    const reading = read(env);
    return reading.ok ? [] : reading.problems;
  };

  it('is told nothing until it is configured, and has its secrets newest first', () => {
    expect(configOf(read()).shopWebhook).toBeNull();
    const older = `whsec_${Buffer.alloc(32, 4).toString('base64')}`;
    const url = 'https://shop.example/told';
    const env = { SHOP_WEBHOOK_URL: url, SHOP_WEBHOOK_SECRETS: `${secret},\n${older}` };
    expect(configOf(read(env)).shopWebhook).toEqual({ url, secrets: [secret, older] });
  });

  it.each([
    [{ SHOP_WEBHOOK_URL: 'https://shop.example/' }, /SHOP_WEBHOOK_SECRETS/],
    [
      { SHOP_WEBHOOK_URL: 'http://shop.example/', SHOP_WEBHOOK_SECRETS: secret },
      /SHOP_WEBHOOK_URL must use https/,
    ],
    [
      { SHOP_WEBHOOK_URL: 'https://shop.example/', SHOP_WEBHOOK_SECRETS: `${secret},whsec_c2hvcnQ=` },
      /SHOP_WEBHOOK_SECRETS.*secret 2 must have at least 16 bytes; it has 5/,
    ],
  ])('is refused as %o', (env, why) => {
    const problems = problemsOf(env);
    expect(problems).toEqual([expect.stringMatching(why)]);
    expect(problems.join()).not.toContain('c2hvcnQ');
  });
});
