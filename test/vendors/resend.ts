import { randomUUID } from 'node:crypto';
import { startFaultHttp } from './faultHttp.ts';
import type { HttpBehaviour, SeenRequest } from './faultHttp.ts';
import { errors, invalidTo, readHead, readMail } from './resendRules.ts';
import type { ResendError, ResendMail } from './resendRules.ts';

/** What goes wrong with the next mails. */
export type ResendMood =
  | 'well'
  /** 500 before and after the mail was taken. */
  | 'fails_before'
  | 'fails_after'
  /** The connection is cut before and after the mail was taken. */
  | 'cuts_before'
  | 'cuts_after'
  /** Taken, and then nothing comes. */
  | 'hangs_after'
  /** The request is worked on until `finish` is called; its key stays in progress. */
  | 'keeps_running'
  /** Taken, and answered with what is no answer of Resend. */
  | 'answers_html'
  | 'answers_empty_object'
  | 'answers_truncated'
  | 'redirects'
  /** Refusals: nothing is taken. */
  | 'over_rate'
  | 'over_quota'
  | 'refuses_recipient';

export interface ResendVendorOptions {
  keys?: Record<string, 'full_access' | 'sending_access'>;
  verifiedDomains?: readonly string[];
  /** Requests a second; none by default. */
  rateLimit?: number;
  /** In what form a 429 says when to come back. */
  retryAfter?: string | null;
  /** Milliseconds since 1970; keys against doubles expire by it. */
  now?: () => number;
}

export interface ResendVendor {
  url: string;
  /** The truth: what was really taken, in order. */
  readonly taken: ResendMail[];
  readonly requests: SeenRequest[];
  mood(mood: ResendMood): void;
  /** Ends what `keeps_running` has begun: the mails are taken now. */
  finish(): void;
  stop(): Promise<void>;
}

interface Remembered {
  payload: string;
  atMs: number;
  /** Undefined while the first request is running. */
  id: string | undefined;
}

const keyLifetimeMs = 24 * 3_600_000;

/**
 * A stand-in for Resend's API, written from its documentation (resend.com/docs: api-reference/introduction, /errors,
 * /rate-limit, /emails/send-email, /domains/list-domains, dashboard/emails/idempotency-keys), with its traps: a
 * key against doubles with another payload, or while the first is running; keys that may only send; errors that repeat
 * the recipient's address; an answer lost after the mail was taken. A key is kept for mails that were taken, not for
 * requests that were refused.
 */
export async function startResendVendor(options: ResendVendorOptions = {}): Promise<ResendVendor> {
  const { keys = { re_full: 'full_access', re_sending: 'sending_access' }, now = Date.now } = options;
  const { verifiedDomains = ['shop.example'] } = options;
  const server = await startFaultHttp();
  const taken: ResendMail[] = [];
  const remembered = new Map<string, Remembered>();
  const unfinished: Array<() => void> = [];
  const windowed = rateWindow(options.rateLimit, now);
  let mood: ResendMood = 'well';

  function answer(request: SeenRequest): HttpBehaviour {
    const refused = readHead(request, keys);
    if (refused) return failure(refused);
    if (!windowed()) {
      const wait = options.retryAfter === undefined ? '1' : options.retryAfter;
      return failure(errors.rateLimit, wait === null ? {} : { 'retry-after': wait });
    }
    if (request.path === '/domains') return { mode: 'answer', json: { object: 'list', data: [] } };
    return post(request);
  }

  function post(request: SeenRequest): HttpBehaviour {
    if (mood === 'cuts_before') return { mode: 'reset' };
    if (mood === 'fails_before') return failure(errors.application);
    if (mood === 'over_rate') return failure(errors.rateLimit, { 'retry-after': options.retryAfter ?? '1' });
    if (mood === 'redirects') return { mode: 'redirect', to: '/elsewhere' };
    const key = request.headers['idempotency-key'];
    if (typeof key === 'string' && (key.length < 1 || key.length > 256))
      return failure(errors.idempotencyKey);
    const mail = readMail(JSON.parse(request.body) as Record<string, unknown>, verifiedDomains);
    if ('statusCode' in mail) return failure(mail);
    if (mood === 'refuses_recipient') return failure(invalidTo(mail.to[0] ?? ''));
    if (typeof key !== 'string') return afterTaking(take(mail));
    const before = remembered.get(key);
    if (before && now() - before.atMs < keyLifetimeMs) {
      if (before.payload !== request.body) return failure(errors.otherPayload);
      return before.id === undefined ? failure(errors.inProgress) : afterTaking(before.id);
    }
    if (mood === 'over_quota') return failure(errors.dailyQuota);
    return takeOnce(key, request.body, mail);
  }

  function takeOnce(key: string, payload: string, mail: Omit<ResendMail, 'id'>): HttpBehaviour {
    const entry: Remembered = { payload, atMs: now(), id: undefined };
    remembered.set(key, entry);
    const finish = () => {
      entry.id = take(mail);
      return entry.id;
    };
    if (mood !== 'keeps_running') return afterTaking(finish());
    unfinished.push(finish);
    return { mode: 'hang' };
  }

  function take(mail: Omit<ResendMail, 'id'>): string {
    const id = randomUUID();
    taken.push({ ...mail, id });
    return id;
  }

  function afterTaking(id: string): HttpBehaviour {
    switch (mood) {
      case 'fails_after':
        return failure(errors.application);
      case 'cuts_after':
        return { mode: 'reset' };
      case 'hangs_after':
        return { mode: 'hang' };
      case 'answers_html':
        return { mode: 'answer', headers: { 'content-type': 'text/html' }, text: '<!doctype html><p>OK</p>' };
      case 'answers_empty_object':
        return { mode: 'answer', json: {} };
      case 'answers_truncated':
        return { mode: 'answer', text: '{"id":"' };
      default:
        return { mode: 'answer', json: { id } };
    }
  }

  server.otherwise(answer);
  return {
    url: server.url,
    taken,
    requests: server.requests,
    mood: (next) => {
      mood = next;
    },
    finish: () => {
      for (const finish of unfinished.splice(0)) finish();
    },
    stop: () => server.stop(),
  };
}

const failure = (error: ResendError, headers: Record<string, string> = {}): HttpBehaviour => ({
  mode: 'answer',
  status: error.statusCode,
  headers,
  json: error,
});

/** Whether one more request fits into this second. */
function rateWindow(limit: number | undefined, now: () => number): () => boolean {
  let second = 0;
  let count = 0;
  return () => {
    if (limit === undefined) return true;
    const at = Math.floor(now() / 1_000);
    count = at === second ? count + 1 : 1;
    second = at;
    return count <= limit;
  };
}
