import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { appendFile, chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Config } from '../../src/main/config.ts';
import { type SandboxStack, startSandboxStack } from '../../src/main/sandboxStack.ts';
import { startService } from '../../src/main/startService.ts';
import { leaksIn, strangeLines } from '../builders/leaks.ts';
import { type QuotingProxy, startQuotingProxy } from '../builders/quotingProxy.ts';
import { openAdminPool } from '../setup/adminPool.ts';
import { signedReport, webhookBody } from '../vendors/resendWebhooks.ts';
import { mailsTo, openMail } from './inbox.ts';
import { buy, type Purchase, smtpFault } from './shop.ts';
import type { ShopUnderTest } from './stack.ts';
import { until } from './until.ts';

let dataDirectory: string;
let stack: SandboxStack;
let database: pg.Pool;
let shop: ShopUnderTest;
let config: Config;
const proxies: Record<string, QuotingProxy> = {};
/** Everything the product tells about itself, as rooms have emitted it: before the log has taken anything out. */
const emitted: string[] = [];
/** What was answered to people when something was wrong. */
const answers: string[] = [];
/** Links that stood in the first mail. */
const mailed: string[] = [];

const mark = randomBytes(5).toString('hex');
const buyer = { name: `Żaneta Ćwikłowska-${mark}`, email: `zaneta.${mark}@cwiklowska-${mark}.example` };
const corrected = `z.${mark}@nowa-${mark}.example`;
const shopSecret = `whsec_${Buffer.from(`shop-${mark}-${mark}-${mark}`).toString('base64')}`;
const routingKey = `R${randomBytes(15).toString('hex')}`;
const slackPath = `T01/B02/${randomBytes(12).toString('hex')}`;
const sentinels = new Map([
  ["the mark of everything that is the buyer's", mark],
  ["the buyer's name", 'Ćwikłowska'],
  ["the buyer's address", buyer.email],
  ['the corrected address', corrected],
]);

const proxied = async (name: string, target: string | null) =>
  (proxies[name] = await startQuotingProxy(target)).url;

beforeAll(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'fulfillment-acceptance-'));
  await chmod(dataDirectory, 0o755);
  stack = await startSandboxStack({
    dataDirectory,
    anyPorts: true,
    fallBackMail: true,
    onEvent: (event) => emitted.push(JSON.stringify(event)),
    async startProduct(given, parts) {
      const { stripe, resend, plausible } = given;
      config = {
        ...given,
        logLevel: 'debug',
        stripe: { ...stripe, baseUrl: await proxied('stripe', stripe.baseUrl) },
        resend: resend && { ...resend, apiUrl: await proxied('resend', resend.apiUrl) },
        plausible: plausible && { ...plausible, apiUrl: `${await proxied('plausible', null)}/api/event` },
        shopWebhook: { url: `${await proxied('shop', null)}/told`, secrets: [shopSecret] },
        alerts: {
          ...given.alerts,
          pagerDuty: { routingKey, eventsUrl: `${await proxied('pagerduty', null)}/v2/enqueue` },
          slack: { webhookUrl: `${await proxied('slack', null)}/services/${slackPath}` },
        },
        worker: { ...given.worker, pollMs: 100 },
      };
      return startService(config, parts);
    },
  });
  database = openAdminPool(stack.databaseUrl);
  const { urls, databaseUrl, webhookSecret, logFile } = stack;
  shop = {
    places: { urls, databaseUrl, webhookSecret, logFile, storageDirectory: config.storageDirectory },
    stderr: '',
    sql: async <Row extends object>(text: string, params: unknown[] = []) =>
      (await database.query<Row & pg.QueryResultRow>(text, params)).rows,
  };
  for (const [name, secret] of Object.entries({
    'the key of Stripe': config.stripe.secretKey,
    "the secret of Stripe's webhook": stack.webhookSecret,
    'the key of Resend': config.resend?.apiKey ?? '',
    "the secret of Resend's webhook": config.resend?.webhookSecrets[0] ?? '',
    "the secret of the shop's webhook": shopSecret,
    'the key of PagerDuty': routingKey,
    "the path of Slack's webhook": slackPath,
    "the mailbox's password": stack.imap.password,
    'the key of links': Buffer.from(config.linkKeys[0] ?? []).toString('hex'),
    "the staff client's secret": config.staff?.clientSecret ?? '',
    "the worker's password": new URL(config.database.workerUrl).password,
  }))
    if (secret !== '') sentinels.set(name, secret);
});

afterAll(async () => {
  await database?.end();
  await stack?.stop();
  await Promise.all(Object.values(proxies).map((proxy) => proxy.stop()));
  await rm(dataDirectory, { recursive: true, force: true });
});

/** Asks, and keeps the answer when it tells of something wrong. */
async function ask(path: string, init: RequestInit = {}): Promise<{ status: number; text: string }> {
  const answer = await fetch(new URL(path, stack.urls.api), { redirect: 'manual', ...init });
  const text = await answer.text();
  if (answer.status >= 400) answers.push(`${answer.status} ${JSON.stringify([...answer.headers])} ${text}`);
  return { status: answer.status, text };
}

const asStaff = (token: string, path: string, body: object) =>
  ask(`/v1/admin/${path}`, {
    method: 'POST',
    headers: {
      ...{ authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      'idempotency-key': randomUUID(),
    },
    body: JSON.stringify(body),
  });

const order = { ...buyer, products: ['paragon-bez-tajemnic'], currency: 'pln', locale: 'pl' };

async function jobOf({ paymentKey }: Purchase) {
  const [job] = await shop.sql<{
    id: string;
    state: string;
    orderId: string;
    reasons: string[] | null;
    version: number;
  }>(
    `select j.id, j.state, p.order_id as "orderId",
            (select array_agg(s.reason) from fulfillment.fulfillment_job_steps s where s.job_id = j.id and s.reason is not null) as reasons,
            (select max(e.seq) from fulfillment.fulfillment_job_events e where e.job_id = j.id) as version
       from fulfillment.fulfillment_jobs j join fulfillment.payments p on p.id = j.payment_id
      where p.payment_key = $1 and j.kind = 'fulfil'`,
    [paymentKey],
  );
  return job ?? { id: '', state: 'none', orderId: '', reasons: null, version: 0 };
}

const untilJob = (
  purchase: Purchase,
  what: string,
  fits: (job: Awaited<ReturnType<typeof jobOf>>) => boolean,
) =>
  until(
    `a job that ${what}`,
    async () => {
      const job = await jobOf(purchase);
      return fits(job) && job;
    },
    { withinMs: 20_000, everyMs: 50 },
  );

const untilEmitted = (what: RegExp) =>
  until(`an event like ${what.source}`, async () => emitted.some((text) => what.test(text)), {
    withinMs: 20_000,
    everyMs: 50,
  });

/** A purchase as it should be, and what a buyer may do with it, and what somebody may try. */
async function allIsWell(): Promise<Purchase> {
  const purchase = await buy(shop, order, { copies: 2 });
  await untilJob(purchase, 'is completed', ({ state }) => state === 'completed');
  const [mail] = await mailsTo(shop, buyer.email);
  if (!mail) throw new Error('No mail has come.');
  const { Text: text } = await openMail(shop, mail);
  const links = Array.from(text.matchAll(/http:\/\/[^\s>)\]]+\/([A-Za-z0-9_-]{44})\b[^\s>)\]]*/g));
  expect(links.length).toBeGreaterThan(1);
  for (const [at, [url = '', token = '']] of links.entries()) {
    mailed.push(url);
    sentinels.set(`link ${at} of the mail`, token);
    expect((await ask(url)).status).toBeLessThan(400);
    await ask(url.replace(token, `${token.slice(0, -4)}AAAA`));
  }
  return purchase;
}

async function atTheShelf(): Promise<void> {
  const token = await stack.accessToken(buyer.email);
  sentinels.set("the buyer's access token", token);
  const headers = { authorization: `Bearer ${token}` };
  expect((await ask('/v1/shelf', { headers })).status).toBe(200);
  for (const wrong of [`${token}x`, buyer.email, token.slice(0, 60)])
    await ask('/v1/shelf', { headers: { authorization: `Bearer ${wrong}` } });
  await ask(`/v1/shelf?email=${encodeURIComponent(buyer.email)}&access_token=${token}`);
  await ask('/v1/shelf/claim-codes/confirm', {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ email: buyer.email, code: 'ABCD2345', name: buyer.name }),
  });
  await ask(`/v1/nowhere/${buyer.email}`);
}

async function atTheDesk(purchase: Purchase): Promise<void> {
  const token = await stack.staffToken('admin@staff.example');
  sentinels.set("a staff's token", token);
  const { id, orderId, version } = await jobOf(purchase);
  await asStaff(`${token}x`, 'orders/search', { q: buyer.email });
  // Whoever has mistyped a search is shown what they typed, and nobody else is: that answer is the only one left out.
  await asStaff(token, 'orders/search', { q: `name:"${buyer.name}` });
  expect(answers.pop()).toContain('unclosed_quote');
  await asStaff(token, 'orders/search', { q: buyer.email, wrong: buyer.email });
  await asStaff(token, `jobs/${id}/reveal`, { field: 'email', reason: `asked by ${buyer.email}` });
  expect((await asStaff(token, `jobs/${id}/reveal`, { field: 'email', reason: 'on the phone' })).status).toBe(
    200,
  );
  await asStaff(token, `jobs/${id}/correct-email`, {
    version: version + 99,
    email: corrected,
    reason: 'a slip',
  });
  await asStaff(token, `jobs/${id}/correct-email`, {
    version,
    email: `${corrected} ${buyer.email}`,
    reason: 'a slip',
  });
  await asStaff(token, `webhooks/${encodeURIComponent(buyer.email)}/reprocess`, { reason: 'to be sure' });
  await ask(`/v1/admin/orders/${orderId}x${mark}`, { headers: { authorization: `Bearer ${token}` } });
}

/** Tokens of the page after the checkout, and the code by which a guest's books are claimed from another account. */
async function inTheBrowser({ sessionId }: Purchase): Promise<void> {
  const confirmed = await ask('/v1/checkout/confirm', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sessionId }),
  });
  const token = /token=([\w-]+)/.exec(confirmed.text)?.[1] ?? '';
  sentinels.set("the page's token", token);
  await ask(`/v1/checkout/progress?token=${token.slice(1)}A`);

  const stranger = await stack.accessToken(`another-${mark}@readers.example`);
  sentinels.set("another account's token", stranger);
  const headers = { authorization: `Bearer ${stranger}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ email: buyer.email });
  const asked = await ask('/v1/shelf/claim-codes', { method: 'POST', headers, body });
  expect(asked.status).toBe(202);
  const code = await until(
    'a mail with a code',
    async () => {
      for (const mail of await mailsTo(shop, buyer.email)) {
        const found = /^\s*([0-9A-HJKMNP-TV-Z]{4})[ -]?([0-9A-HJKMNP-TV-Z]{4})\s*$/m.exec(
          (await openMail(shop, mail)).Text,
        );
        if (found) return `${found[1]}${found[2]}`;
      }
      return undefined;
    },
    { withinMs: 20_000 },
  );
  sentinels.set('the code', code);
  await ask('/v1/shelf/claim-codes/confirm', {
    method: 'POST',
    headers,
    body: JSON.stringify({ email: corrected, code }),
  });
}

/** Stripe, both mail providers, analytics and the shop fail, and their errors repeat what they were told. */
async function allElseFails(): Promise<void> {
  proxies['stripe']?.quote(500);
  const unread = await buy(shop, order);
  await untilJob(unread, 'Stripe has failed', ({ reasons }) => reasons !== null);
  proxies['stripe']?.quote(null);

  proxies['resend']?.quote(422);
  await smtpFault(shop, { mode: '550', recipient: buyer.email });
  const refused = await buy(shop, order);
  await untilJob(refused, 'nobody takes the mail of', ({ reasons }) =>
    ['mailbox_refused', 'resend_answer_malformed'].some((reason) => reasons?.includes(reason)),
  );

  await smtpFault(shop, { mode: '450' });
  proxies['resend']?.quote(503);
  const unsent = await buy(shop, order);
  await untilJob(unsent, 'no mail of which is sent', ({ reasons }) => reasons !== null);
  await until(
    'a mail that Resend was asked to send',
    async () => (proxies['resend']?.quoted.length ?? 0) > 0,
    {
      withinMs: 20_000,
    },
  );
  proxies['resend']?.quote(null);
  await smtpFault(shop, { mode: 'none' });
  await until(
    'analytics and the shop that were told',
    async () => ['plausible', 'shop'].every((name) => (proxies[name]?.quoted.length ?? 0) > 0),
    {
      withinMs: 20_000,
    },
  );
}

/** A mail comes back: the report quotes the address, and others of it are forged, garbled or unknown. */
async function itBounces(): Promise<void> {
  const secrets = config.resend?.webhookSecrets ?? [];
  const [mail] = await shop.sql<{ id: string; messageId: string }>(
    `select id, message_id as "messageId" from fulfillment.email_messages where state = 'accepted' order by id limit 1`,
  );
  const data = {
    to: [buyer.email],
    tags: { mail: (mail?.messageId ?? '').slice(1).split('@')[0] },
    bounce: {
      type: 'Permanent',
      subType: 'General',
      message: `550 5.1.1 <${buyer.email}> ${buyer.name} unknown`,
    },
  };
  const bounced = webhookBody({ type: 'email.bounced', createdAt: new Date().toISOString(), data });
  for (const [body, keys] of [
    [bounced, secrets],
    [bounced, ['whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA']],
    [bounced.slice(0, -5), secrets],
  ] as const) {
    const report = signedReport(body, { secrets: keys, id: `msg_${randomUUID()}`, sentAt: new Date() });
    await ask('/webhooks/mail/resend', {
      method: 'POST',
      headers: { ...(report.headers as Record<string, string>), 'content-type': 'application/json' },
      body,
    });
  }
  await ask('/webhooks/stripe', {
    method: 'POST',
    headers: { 'stripe-signature': `t=1,v1=${mark}`, 'content-type': 'application/json' },
    body: JSON.stringify({ id: `evt_${mark}`, data: { object: buyer } }),
  });
  await untilEmitted(/"mail\.report_refused"/);
  await until(
    'an alert about the mail that came back',
    async () => (await shop.sql(`select 1 from fulfillment.alerts where rule like 'mail%'`)).length > 0,
    { withinMs: 20_000 },
  );
  await until(
    'the engineer who is told of it',
    async () => proxies['slack']?.quoted.some((text) => text.includes('mail')),
    { withinMs: 20_000 },
  );
}

/** The database says no, and its errors quote the row. */
async function theDatabaseFails(): Promise<void> {
  const tables = ['ebook_entitlements', 'downloads', 'profile_claims'].map((name) => `fulfillment.${name}`);
  await database.query(
    `create function public.refuse() returns trigger language plpgsql as
       $$ begin raise exception 'no: % of ${buyer.name} <${buyer.email}>', to_jsonb(new) using detail = '${buyer.email}', hint = '${mark}'; end $$;
     ${tables.map((table) => `create trigger refuse before insert on ${table} for each row execute function public.refuse();`).join('')}`,
  );
  const broken = await buy(shop, order);
  await untilJob(broken, 'the database has refused', ({ reasons }) => reasons !== null);
  const authorization = `Bearer ${await stack.accessToken(buyer.email)}`;
  const claimed = await ask('/v1/shelf/claim', { method: 'POST', headers: { authorization } });
  expect(claimed.status).toBe(500);
  for (const url of mailed) await ask(url);
  await untilEmitted(/"unexpected\.error","during":"begin_download"/);
  await database.query(
    `${tables.map((table) => `drop trigger refuse on ${table};`).join('')} drop function public.refuse()`,
  );
}

/** Commands as a person or a timer runs them, with what they print. */
async function onTheCommandLine(): Promise<string> {
  const password = `smtp-${mark}-password`;
  sentinels.set("the mail server's password", password);
  const file = join(dataDirectory, 'wrong.env');
  const variables = await readFile(stack.environmentFile, 'utf8');
  await writeFile(
    file,
    `${variables.replaceAll(/^DATABASE_URL_READER=.*$/gm, '')}\nSMTP_USER=orders\nSMTP_PASSWORD=${password}\nDATABASE_URL_READER='postgres://fulfillment_reader:${password}@127.0.0.1:1/nowhere'\n`,
  );
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main/cli.ts', '--env', file, 'doctor'], {
    env: { PATH: process.env['PATH'] ?? '', HOME: dataDirectory },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => (printed += bytes.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  return printed;
}

/** Tables whose rows are nobody's: people who are forgotten are not looked for in them. */
const nobodysTables = [
  ...[
    'alerts',
    'ops_audit',
    'fulfillment_job_events',
    'job_failures',
    'sla_breaches',
    'ops_duties',
    'workers',
  ],
  ...[
    'provider_circuits',
    'mail_source_cursors',
    'mail_watch',
    'reconciliation_findings',
    'fulfillment_dispatch',
  ],
];

async function told(printed: string): Promise<Map<string, string>> {
  const places = new Map([
    ['log', await readFile(stack.logFile, 'utf8')],
    ['metrics', (await ask('/metrics')).text],
    ['events', emitted.join('\n')],
    ['answers', answers.join('\n')],
    // With what these two are told themselves by: their keys.
    ['PagerDuty', (proxies['pagerduty']?.quoted.join('\n') ?? '').replaceAll(routingKey, '')],
    ['Slack', (proxies['slack']?.quoted.join('\n') ?? '').replaceAll(slackPath, '')],
    ['command line', printed],
  ]);
  for (const table of nobodysTables) {
    const rows = await shop.sql<{ row: unknown }>(`select to_jsonb(t) as row from fulfillment.${table} t`);
    places.set(table, JSON.stringify(rows));
  }
  return places;
}

it(
  'whatever happens to an order, nothing of its buyer and no key is told where it does not belong',
  { timeout: 120_000 },
  async () => {
    const purchase = await allIsWell();
    const commandLine = onTheCommandLine();
    await inTheBrowser(purchase);
    await atTheShelf();
    await atTheDesk(purchase);
    await allElseFails();
    await itBounces();
    await theDatabaseFails();
    const places = await told(await commandLine);

    // What was to happen has happened: silence proves nothing by itself.
    for (const place of [
      'log',
      'metrics',
      'events',
      'alerts',
      'ops_audit',
      'fulfillment_job_events',
      'command line',
    ])
      expect(places.get(place)?.length, place).toBeGreaterThan(100);
    for (const event of ['unexpected.error', 'mail.report_refused', 'step.attempted', 'alert.changed'])
      expect(places.get('log')).toContain(`"event":"${event}"`);
    expect(answers.map((answer) => answer.slice(0, 3))).toEqual(
      expect.arrayContaining(['400', '401', '404', '409', '500']),
    );
    expect(leaksIn(places, sentinels)).toEqual([]);
    expect(strangeLines(places.get('log') ?? '')).toEqual([]);

    // And it would have been found.
    await appendFile(stack.logFile, `{"event":"x","to":"${Buffer.from(buyer.email).toString('base64')}"}\n`);
    await database.query(
      `insert into fulfillment.alerts (rule, scope, severity, summary, data)
       values ('x', '', 'ticket', 'x', jsonb_build_object('asked', jsonb_build_object('by', $1::text)))`,
      [encodeURIComponent(buyer.name)],
    );
    answers.push(`500 ${config.stripe.secretKey}`);
    expect(leaksIn(await told(''), sentinels)).toEqual(
      expect.arrayContaining([
        "log: the buyer's address",
        "alerts: the buyer's name",
        'answers: the key of Stripe',
      ]),
    );
  },
);
