import { randomBytes } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { z } from 'zod';
import { Fault } from '../domain/fault.ts';
import type { TelemetryEvent } from '../ports/telemetry.ts';
import { createAnalytics } from '../sandbox/analytics/analytics.ts';
import { createIdentity } from '../sandbox/identity/identity.ts';
import { createInbox } from '../sandbox/inbox/inbox.ts';
import { startPostgres } from '../sandbox/postgres/startPostgres.ts';
import { SandboxError } from '../sandbox/sandboxError.ts';
import { startResendStandIn } from '../sandbox/resend/resendStandIn.ts';
import { createShop } from '../sandbox/shop/shop.ts';
import { createStripeSandbox } from '../sandbox/stripe/stripeSandbox.ts';
import type { Config } from './config.ts';
import { importSandboxBooks, stripeCatalog } from './sandbox/catalog.ts';
import { prepareDatabases, productDatabase, sandboxDatabase } from './sandbox/databases.ts';
import { writeEnvironmentFile } from './sandbox/environmentFile.ts';
import { choosePorts, type SandboxPort } from './sandbox/ports.ts';
import { mailboxUser, sandboxAudience, sandboxConfig, sandboxStaff } from './sandbox/sandboxConfig.ts';
import { sandboxSecrets } from './sandbox/secrets.ts';
import { type ServiceExtension, startService } from './startService.ts';

export interface SandboxStackOptions {
  /** Everything the sandbox keeps lives in here. */
  dataDirectory: string;
  /** A second mail provider beside SMTP: a stand-in for Resend, for when the first is out. */
  fallBackMail?: boolean;
  /** Free ports instead of the usual ones, for a stack that must not meet another. */
  anyPorts?: boolean;
  /** Steps of your own, to be tried here. */
  extension?: ServiceExtension;
  /** How soon Stripe's stand-in tells an event again that was not acknowledged. */
  webhookRetriesMs?: readonly number[];
  /** Starts the product some other way than in this process. */
  startProduct?: typeof startService;
  onEvent?: (event: TelemetryEvent) => void;
  /** Words on the way up, for a person. */
  say?: (line: string) => void;
}

export interface PurchaseRequest {
  products: string[];
  email: string;
  name?: string;
  locale?: string;
  currency?: string;
  webhook?: { copies?: number; shuffle?: boolean; drop?: boolean; delayMs?: number };
}

export interface SandboxStack {
  config: Config;
  urls: Record<'api' | 'shop' | 'inbox' | 'stripe' | 'identity' | 'analytics', string>;
  imap: { host: string; port: number; user: string; password: string };
  stripeSecretKey: string;
  webhookSecret: string;
  logFile: string;
  /** The product's variables, for commands that run beside it. */
  environmentFile: string;
  /** The Postgres superuser's connection string to the product's database. */
  databaseUrl: string;
  /** Parts that found their usual port taken and listen elsewhere. */
  movedPorts: SandboxPort[];
  /** Pays for something, as a buyer would at the checkout. */
  purchase(
    request: PurchaseRequest,
  ): Promise<{ sessionId: string; paymentIntentId: string | null; eventIds: string[] }>;
  /** An access token of a buyer with a verified address. */
  accessToken(email: string): Promise<string>;
  /** An access token of one of the staff's ready users, such as `admin@staff.example`. */
  staffToken(email: string): Promise<string>;
  stop(): Promise<void>;
}

const purchaseAnswer = z.object({
  session: z.object({ id: z.string() }),
  payment_intent: z.object({ id: z.string() }).nullable(),
  events: z.array(z.string()),
});
const tokenAnswer = z.object({ access_token: z.string() });

/** A real Postgres, stand-ins for every vendor, and the product beside them, all in this process. */
export async function startSandboxStack(options: SandboxStackOptions): Promise<SandboxStack> {
  const dataDirectory = path.resolve(options.dataDirectory);
  const say = options.say ?? (() => undefined);
  await makeDataDirectory(dataDirectory);
  const undo: Array<() => Promise<unknown>> = [];
  const stop = async () => {
    for (const close of undo.splice(0).toReversed()) await close();
  };
  try {
    say('Starting Postgres …');
    const postgres = await startPostgres({ dataDir: path.join(dataDirectory, 'postgres') });
    undo.push(() => postgres.stop());
    const secrets = await sandboxSecrets(dataDirectory);
    const { ports, moved } = await choosePorts(dataDirectory, options.anyPorts ?? false);
    const { applied } = await prepareDatabases(postgres);
    if (applied.length) say(`Migrated the database: ${applied.length} migrations applied.`);
    const pool = new pg.Pool({ connectionString: postgres.url(sandboxDatabase), max: 16 });
    pool.on('error', () => undefined);
    undo.push(() => pool.end());

    const logFile = path.join(dataDirectory, 'fulfillment.log');
    const api = `http://127.0.0.1:${ports.api}`;
    const shopUrl = `http://127.0.0.1:${ports.shop}`;
    const shopClient = { clientId: 'shop', clientSecret: randomBytes(32).toString('base64url') };
    const identity = await createIdentity({
      pool,
      audience: sandboxAudience,
      clients: [
        {
          ...shopClient,
          name: 'Calm Books',
          redirectUris: [`${shopUrl}/shelf/callback`],
          postLogoutRedirectUris: [`${shopUrl}/`],
        },
      ],
      staff: {
        audience: sandboxStaff.audience,
        console: {
          clientId: sandboxStaff.consoleClientId,
          clientSecret: secrets.staffClientSecret,
          redirectUris: [`${api}/ops/callback`],
        },
        cliClientId: sandboxStaff.cliClientId,
      },
    });
    const { issuer } = await identity.start(ports.identity);
    undo.push(() => identity.stop());
    const config = sandboxConfig({
      dataDirectory,
      ports,
      secrets,
      issuer,
      databaseUrl: (role) => postgres.url(productDatabase, role),
      fallBackMail: options.fallBackMail ?? false,
    });
    const inbox = await createInbox({ pool, auth: { user: mailboxUser, password: secrets.mailboxPassword } });
    undo.push(() => inbox.stop());
    await inbox.startSmtp(ports.smtp);
    await inbox.startImap(ports.imap);
    const { url: inboxUrl } = await inbox.startHttp(ports.inbox);
    if (options.fallBackMail) {
      const resend = await startResendStandIn({
        port: ports.resend,
        apiKey: secrets.resendApiKey,
        deliver: (mail) => inbox.deliver(mail),
        webhook: { url: `${api}/webhooks/mail/resend`, secret: secrets.resendWebhookSecret },
      });
      undo.push(() => resend.stop());
    }
    const analytics = await createAnalytics({ pool });
    const { url: analyticsUrl } = await analytics.start(ports.analytics);
    undo.push(() => analytics.stop());
    const stripe = createStripeSandbox({
      pool,
      catalog: stripeCatalog,
      secretKey: secrets.stripeSecretKey,
      webhook: {
        url: `${api}/webhooks/stripe`,
        secrets: [secrets.webhookSecret],
        ...(options.webhookRetriesMs ? { retryDelaysMs: options.webhookRetriesMs } : {}),
      },
      port: ports.stripe,
    });

    await importBooks(config, say);
    const service = await (options.startProduct ?? startService)(config, {
      http: true,
      worker: true,
      sentinel: true,
      ...(options.extension ? { extension: options.extension } : {}),
      logFile,
      ...(options.onEvent ? { onEvent: options.onEvent } : {}),
    });
    undo.push(() => service.stop());
    const environmentFile = await writeEnvironmentFile(config, dataDirectory);
    // Webhooks that were pending at the last stop are sent as soon as Stripe's stand-in is up: so the product is up first.
    await stripe.start();
    undo.push(() => stripe.stop());
    const shop = createShop({
      stripeBaseUrl: stripe.baseUrl,
      secretKey: secrets.stripeSecretKey,
      links: { inbox: inboxUrl },
      identity: { ...shopClient, issuer, audience: sandboxAudience },
      apiBaseUrl: api,
      port: ports.shop,
    });
    await shop.start();
    undo.push(() => shop.stop());

    return {
      config,
      urls: {
        api,
        shop: shop.baseUrl,
        inbox: inboxUrl,
        stripe: stripe.baseUrl,
        identity: issuer,
        analytics: analyticsUrl,
      },
      imap: { host: '127.0.0.1', port: ports.imap, user: mailboxUser, password: secrets.mailboxPassword },
      stripeSecretKey: secrets.stripeSecretKey,
      webhookSecret: secrets.webhookSecret,
      logFile,
      environmentFile,
      databaseUrl: postgres.url(productDatabase),
      movedPorts: moved,
      async purchase(request) {
        const {
          session,
          payment_intent: intent,
          events,
        } = purchaseAnswer.parse(
          await postJson(`${stripe.baseUrl}/sandbox/purchases`, { currency: 'pln', ...request }),
        );
        return { sessionId: session.id, paymentIntentId: intent?.id ?? null, eventIds: events };
      },
      accessToken: (email) => orderToken(issuer, { email }),
      staffToken: (email) => orderToken(issuer, { email, audience: sandboxStaff.audience }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function makeDataDirectory(directory: string): Promise<void> {
  try {
    await makeDirectories(directory);
  } catch (error) {
    throw new SandboxError(
      `The sandbox cannot make its data directory ${directory} (${(error as { code?: string }).code}).`,
      'Run it in a directory you may write to, or name one with --data-dir.',
      { cause: error },
    );
  }
}

/** One after the other: `recursive` of mkdir never ends where the kernel says ENOENT under a parent that is there. */
async function makeDirectories(directory: string): Promise<void> {
  const made = await makeDirectory(directory);
  if (made !== 'no_parent') return;
  await makeDirectories(path.dirname(directory));
  if ((await makeDirectory(directory)) === 'no_parent') throw Object.assign(new Error(), { code: 'ENOENT' });
}

async function makeDirectory(directory: string): Promise<'there' | 'no_parent'> {
  try {
    await mkdir(directory);
    return 'there';
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'ENOENT' && path.dirname(directory) !== directory) return 'no_parent';
    if (code === 'EEXIST' && (await stat(directory)).isDirectory()) return 'there';
    throw error;
  }
}

/** A master that somebody damaged on purpose, to see what happens, must not keep the sandbox from starting. */
async function importBooks(config: Config, say: (line: string) => void): Promise<void> {
  try {
    await importSandboxBooks(config);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    say(`The catalogue was not imported: ${error.message}`);
  }
}

async function orderToken(issuer: string, order: { email: string; audience?: string }): Promise<string> {
  return tokenAnswer.parse(await postJson(new URL('/sandbox/token', issuer).href, order)).access_token;
}

async function postJson(url: string, body: object): Promise<unknown> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`);
  return answer.json();
}
