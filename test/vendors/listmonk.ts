import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readForm, readMessage } from './listmonkMessages.ts';
import type { ListmonkMail, ListmonkSettings, Refusal } from './listmonkMessages.ts';

/** What goes wrong with the next mails. */
export type ListmonkMood =
  | 'well'
  /** No place in the queue for three seconds: not queued. */
  | 'queue_full'
  /** 502 of the proxy in front of it, before and after the mail was queued. */
  | 'fails_before'
  | 'fails_after'
  | 'cuts_before'
  | 'cuts_after'
  /** Queued, and then nothing comes. */
  | 'hangs_after'
  /** Queued, and answered with what is no answer of Listmonk. */
  | 'answers_false'
  | 'answers_truncated'
  /** A login in front of it lets nothing through: with a redirect, or with its page and 200. */
  | 'redirects_to_login'
  | 'shows_login';

export interface ListmonkBounce {
  email: string;
  type: 'hard' | 'soft' | 'complaint';
  meta: unknown;
  createdAt: Date;
}

export interface ListmonkVendorOptions extends Partial<ListmonkSettings> {
  /** API users with their tokens and permissions. */
  users?: Record<string, { token: string; permissions: readonly string[] }>;
  /** Echo's debug mode names the error behind a 500. */
  debug?: boolean;
}

export interface SeenListmonkRequest {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

export interface ListmonkVendor {
  url: string;
  readonly requests: SeenListmonkRequest[];
  /** What went into the queue, whatever became of it. */
  readonly queued: ListmonkMail[];
  /** The truth: what the SMTP server took. */
  readonly sent: ListmonkMail[];
  readonly settings: ListmonkSettings;
  mood(mood: ListmonkMood): void;
  /** What happens behind the queue: sent at once, kept waiting (a campaign goes first), or refused by the SMTP server. */
  worker(does: 'sends' | 'waits' | 'is_refused'): void;
  /** Listmonk dies and starts again: what was queued is gone, and nobody hears of it. */
  crash(): void;
  /** What came to an address, as recipient or as hidden copy. */
  mailbox(address: string): ListmonkMail[];
  /** A bounce is reported to Listmonk; it keeps only those of its own subscribers. */
  bounce(bounce: ListmonkBounce): void;
  stop(): Promise<void>;
}

type Answer = { status: number; json?: unknown; text?: string; location?: string } | 'hang' | 'cut';

const allPermissions = ['tx:send', 'templates:get', 'bounces:get'];
export const listmonkUser = { user: 'fulfillment', token: 'tok3n:with/signs' };

/**
 * A stand-in for Listmonk, written from its documentation (listmonk.app/docs: apis/apis, apis/transactional, apis/bounces,
 * apis/templates, templating, roles-and-permissions) and its source (cmd/handlers.go, cmd/tx.go, cmd/bounce.go,
 * cmd/admin.go, internal/auth/auth.go, internal/manager/manager.go, internal/core/bounces.go), with its traps: 200 for
 * what stands in its memory only, SMTP failures that nobody is told of, a full queue that is answered as any 500,
 * refusals in the language of the instance, subjects that are evaluated, the first value of a header alone, 403 for a
 * wrong token, and bounces of its own subscribers only.
 */
export async function startListmonkVendor(options: ListmonkVendorOptions = {}): Promise<ListmonkVendor> {
  const settings = settingsOf(options);
  const users = options.users ?? {
    [listmonkUser.user]: { token: listmonkUser.token, permissions: allPermissions },
  };
  const requests: SeenListmonkRequest[] = [];
  const queued: ListmonkMail[] = [];
  const sent: ListmonkMail[] = [];
  const bounces: Array<ListmonkBounce & { id: number }> = [];
  let waiting: ListmonkMail[] = [];
  let mood: ListmonkMood = 'well';
  let worker: 'sends' | 'waits' | 'is_refused' = 'sends';

  function answer(request: SeenListmonkRequest, query: URLSearchParams): Answer {
    if (mood === 'redirects_to_login') return { status: 307, location: '/admin/login?next=%2Fapi' };
    if (mood === 'shows_login') return { status: 200, text: '<!doctype html><form action="/login"></form>' };
    const permissions = permissionsOf(request.headers.authorization, users);
    if (permissions === undefined) return refused({ status: 403, message: 'invalid API credentials' });
    const route = `${request.method} ${request.path.replace(/\/\d+$/, '/:id')}`;
    const wanted = permissionOf[route];
    if (wanted === undefined) return refused({ status: 404, message: '404 unknown endpoint' });
    if (wanted !== '' && !permissions.includes(wanted))
      return refused({ status: 403, message: `permission denied: ${wanted}` });
    return routes[route as keyof typeof routes](request, query);
  }

  const routes = {
    'GET /api/health': (): Answer => good(true),
    'GET /api/config': (): Answer =>
      good({ version: settings.version, messengers: settings.messengers, lang: settings.language }),
    'GET /api/templates/:id': ({ path }: SeenListmonkRequest): Answer => {
      const found = settings.templates.find(({ id }) => id === Number(path.split('/').at(-1)));
      return found ? good(found) : refused({ status: 400, message: 'Template not found' });
    },
    'GET /api/bounces': (_: SeenListmonkRequest, query: URLSearchParams): Answer =>
      good(pageOf(bounces, query)),
    'POST /api/tx': send,
  };

  function send({ headers, body }: SeenListmonkRequest): Answer {
    if (mood === 'cuts_before') return 'cut';
    if (mood === 'fails_before') return { status: 502, text: '<html>502 Bad Gateway</html>' };
    const type = headers['content-type'] ?? '';
    const form = type.startsWith('multipart/form-data') ? readForm(type, body) : undefined;
    if (type.startsWith('multipart/form-data') && !form)
      return refused({ status: 400, message: 'Invalid field(s): data' });
    const json = jsonOf(form?.data ?? body.toString());
    if (json === undefined)
      return refused({ status: 400, message: 'Syntax error: offset=1, error=invalid character' });
    const mail = readMessage(json, form?.files ?? [], settings);
    if ('status' in mail) return refused(mail);
    if (mood === 'queue_full') return failed('message push timed out');
    push(mail);
    return afterQueueing();
  }

  function failed(error: string): Answer {
    return { status: 500, json: { message: 'Internal Server Error', ...(options.debug && { error }) } };
  }

  function push(mail: ListmonkMail): void {
    queued.push(mail);
    if (worker === 'sends') sent.push(mail);
    if (worker === 'waits') waiting.push(mail);
  }

  function afterQueueing(): Answer {
    switch (mood) {
      case 'fails_after':
        return { status: 502, text: '<html>502 Bad Gateway</html>' };
      case 'cuts_after':
        return 'cut';
      case 'hangs_after':
        return 'hang';
      case 'answers_false':
        return good(false);
      case 'answers_truncated':
        return { status: 200, text: '{"data":' };
      default:
        return good(true);
    }
  }

  const server = createServer((request, response) => {
    void (async () => {
      const url = new URL(request.url ?? '/', 'http://127.0.0.1');
      const body = Buffer.concat(await request.toArray());
      const seen = { method: request.method ?? 'GET', path: url.pathname, headers: request.headers, body };
      requests.push(seen);
      respond(answer(seen, url.searchParams), response);
    })();
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    queued,
    sent,
    settings,
    mood: (next) => {
      mood = next;
    },
    worker: (does) => {
      worker = does;
      if (does === 'sends') sent.push(...waiting);
      if (does !== 'waits') waiting = [];
    },
    crash: () => {
      waiting = [];
    },
    mailbox: (address) => sent.filter(({ to, bcc }) => to === address || bcc.includes(address)),
    bounce: (bounce) => {
      const id = (bounces.at(-1)?.id ?? 0) + 1;
      if (settings.subscribers.has(bounce.email.toLowerCase())) bounces.push({ ...bounce, id });
    },
    stop: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

const settingsOf = (options: ListmonkVendorOptions): ListmonkSettings => ({
  version: 'v6.2.0',
  language: 'en',
  messengers: ['email'],
  templates: [{ id: 7, type: 'tx', subject: 'Mail', body: '{{ Safe .Tx.Data.html }}' }],
  subscribers: new Set(),
  blockedDomains: new Set(),
  ...options,
});

/** `''`: whoever is let in. */
const permissionOf: Record<string, string> = {
  'GET /api/health': '',
  'GET /api/config': '',
  'GET /api/templates/:id': 'templates:get',
  'GET /api/bounces': 'bounces:get',
  'POST /api/tx': 'tx:send',
};

/** `token user:token` or Basic with the same pair (internal/auth/auth.go, `parseAuthHeader`). */
function permissionsOf(
  header: string | undefined,
  users: Record<string, { token: string; permissions: readonly string[] }>,
): readonly string[] | undefined {
  const basic = /^Basic (.+)$/.exec(header ?? '')?.[1];
  const pair = basic ? Buffer.from(basic, 'base64').toString() : /^token (.+)$/.exec(header ?? '')?.[1];
  const [user = '', ...token] = (pair ?? '').split(':');
  const known = users[user];
  return known && known.token === token.join(':') ? known.permissions : undefined;
}

function pageOf(bounces: ReadonlyArray<ListmonkBounce & { id: number }>, query: URLSearchParams) {
  const perPage = Number(query.get('per_page') ?? 20);
  const at = Number(query.get('page') ?? 1);
  const sign = query.get('order') === 'asc' ? 1 : -1;
  const results = bounces
    .toSorted((one, other) => sign * (one.createdAt.getTime() - other.createdAt.getTime()))
    .slice((at - 1) * perPage, at * perPage)
    .map(({ id, type, email, meta, createdAt }) => ({
      id,
      type,
      source: 'bounces.example',
      meta,
      created_at: createdAt.toISOString(),
      email,
      subscriber_id: 1,
      campaign: null,
    }));
  return results.length === 0
    ? { results, query: '', total: 0, per_page: 0, page: 0 }
    : { results, query: '', total: bounces.length, per_page: perPage, page: at };
}

const good = (data: unknown): Answer => ({ status: 200, json: { data } });
const refused = ({ status, message }: Refusal): Answer => ({ status, json: { message } });

function jsonOf(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function respond(answer: Answer, response: ServerResponse): void {
  if (answer === 'hang') return;
  if (answer === 'cut') {
    response.socket?.resetAndDestroy();
    return;
  }
  const { status, json, text, location } = answer;
  response.writeHead(status, {
    'content-type': json === undefined ? 'text/html' : 'application/json',
    ...(location !== undefined && { location }),
  });
  response.end(json === undefined ? (text ?? '') : JSON.stringify(json));
}
