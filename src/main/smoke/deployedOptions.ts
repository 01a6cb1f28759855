import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { exitCodes } from '../../cli/exitCodes.ts';
import { CommandFailure } from '../../cli/failure.ts';
import { parseEmailAddress } from '../../domain/emailAddress.ts';
import type { ImapJournalOptions } from '../../providers/imap/adapter.ts';
import { isLoopback, parseSecureUrl } from '../../providers/outbound.ts';

/** Words of the command line, as they were given. */
export interface GivenOptions {
  baseUrl?: string;
  metricsUrl?: string[];
  stripeKey?: string;
  stripeApiBaseUrl?: string;
  price?: string;
  inboxApi?: string;
  imapUrl?: string;
  email?: string;
  emailDomain?: string;
  token?: string;
  tokenFile?: string;
  skipShelf?: boolean;
  timeline?: boolean;
}

export interface DeployedOptions {
  apiUrl: string;
  metricsUrls: string[];
  stripe: { secretKey: string; apiBaseUrl?: string; priceId: string };
  buyerEmail: string;
  mailbox: { inboxApi: string } | { imap: Omit<ImapJournalOptions, 'timeoutMs'> };
  /** Null when the shelf is left out. */
  token: string | null;
  readerUrl: string | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Checks what was given for a deployed service. @throws CommandFailure (usage) naming the option */
export function readDeployedOptions(given: GivenOptions, env: Environment): DeployedOptions {
  const apiUrl = secureUrl(need(given.baseUrl, '--base-url'), '--base-url');
  const token = readToken(given);
  return {
    apiUrl,
    metricsUrls: given.metricsUrl?.map((url) => secureUrl(url, '--metrics-url')) ?? [`${apiUrl}/metrics`],
    stripe: readStripe(given, env),
    buyerEmail: readBuyer(given, token !== null),
    mailbox: readMailbox(given, env),
    token,
    readerUrl: given.timeline
      ? need(secretOf('DATABASE_URL_READER', env), 'DATABASE_URL_READER for --timeline')
      : null,
  };
}

function readStripe(given: GivenOptions, env: Environment): DeployedOptions['stripe'] {
  const secretKey = need(
    given.stripeKey ?? secretOf('STRIPE_SECRET_KEY', env),
    '--stripe-key or STRIPE_SECRET_KEY',
  );
  if (/^(sk|rk)_live_/.test(secretKey))
    throw usage('A live key would take real money. The smoke test pays with a test key only.');
  if (!/^(sk|rk)_test_/.test(secretKey))
    throw usage('--stripe-key must be a Stripe test key, sk_test_… or rk_test_….');
  const priceId = need(given.price, '--price price_…, of an ebook in the catalogue');
  if (!/^price_\w+$/.test(priceId)) throw usage('--price must be the id of a Stripe price, price_….');
  if (given.stripeApiBaseUrl === undefined) return { secretKey, priceId };
  const apiBaseUrl = secureUrl(given.stripeApiBaseUrl, '--stripe-api-base-url');
  if (!isLoopback(new URL(apiBaseUrl).hostname))
    throw usage('--stripe-api-base-url is for a stand-in on this machine.');
  return { secretKey, priceId, apiBaseUrl };
}

/**
 * A token opens the shelf of one address, so with a token that address buys, as it is. Without one the address gets a
 * tag of its own, so that its mail cannot be mistaken.
 */
function readBuyer({ email, emailDomain }: GivenOptions, hasToken: boolean): string {
  const tag = `smoke-${randomBytes(4).toString('hex')}`;
  if (email === undefined && hasToken)
    throw usage('--token opens the shelf of one address: give it with --email.');
  const [local = '', domain = ''] = (email ?? `@${need(emailDomain, '--email or --email-domain')}`).split(
    '@',
  );
  const address = email === undefined ? `${tag}@${domain}` : hasToken ? email : `${local}+${tag}@${domain}`;
  const parsed = parseEmailAddress(address);
  if (!parsed) throw usage('--email or --email-domain does not make a plain e-mail address.');
  return parsed.original;
}

function readMailbox({ inboxApi, imapUrl }: GivenOptions, env: Environment): DeployedOptions['mailbox'] {
  if (inboxApi !== undefined) return { inboxApi: secureUrl(inboxApi, '--inbox-api') };
  const text = need(imapUrl, '--inbox-api or --imap-url');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^imaps?:$/.test(url.protocol))
    throw usage('--imap-url must look like imaps://user@mail.example/INBOX.');
  const secure = url.protocol === 'imaps:';
  const password = decodeURIComponent(url.password) || env['SMOKE_IMAP_PASSWORD'];
  return {
    imap: {
      host: url.hostname,
      port: Number(url.port) || (secure ? 993 : 143),
      secure,
      user: decodeURIComponent(url.username),
      password: need(password, 'SMOKE_IMAP_PASSWORD for --imap-url'),
      mailbox: decodeURIComponent(url.pathname.slice(1)) || 'INBOX',
    },
  };
}

function readToken({ token, tokenFile, skipShelf }: GivenOptions): string | null {
  if (skipShelf) return null;
  const text = token ?? (tokenFile === undefined ? undefined : readText(tokenFile, '--token-file'));
  return need(text?.trim(), '--token or --token-file, a bearer token of the buyer; or --skip-shelf');
}

/** A secret of the environment, or of the file it names. */
function secretOf(name: string, env: Environment): string | undefined {
  const file = env[`${name}_FILE`];
  return env[name] ?? (file ? readText(file, `${name}_FILE`).trim() : undefined);
}

function readText(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw usage(`The file of ${what} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

function secureUrl(text: string, option: string): string {
  try {
    return parseSecureUrl(text, option).href.replace(/\/$/, '');
  } catch (error) {
    throw usage((error as Error).message);
  }
}

function need(text: string | undefined, what: string): string {
  if (text !== undefined && text !== '') return text;
  throw usage(`A deployed service needs ${what}.`);
}

const usage = (message: string) => new CommandFailure(message, { exitCode: exitCodes.usage });
