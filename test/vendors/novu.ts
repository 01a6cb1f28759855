import { createHash, randomUUID } from 'node:crypto';
import { startFaultHttp } from './faultHttp.ts';
import type { HttpBehaviour, SeenRequest } from './faultHttp.ts';
import { answers, readHead, readTrigger } from './novuRules.ts';
import type { NovuAnswer, NovuTrigger, NovuWorkflow } from './novuRules.ts';

/** What goes wrong with the next triggers. */
export type NovuMood =
  | 'well'
  /** 500 before and after the trigger was queued. */
  | 'fails_before'
  | 'fails_after'
  /** The connection is cut before and after. */
  | 'cuts_before'
  | 'cuts_after'
  /** Queued, and then nothing comes. */
  | 'hangs_after'
  /** Worked on until `finish` is called; its key stays in progress. */
  | 'keeps_running'
  /** Queued, and answered with what is no answer of Novu. */
  | 'answers_html'
  | 'answers_empty_object'
  | 'answers_truncated'
  | 'names_another_transaction'
  | 'finds_recipients_invalid'
  | 'redirects';

export interface NovuVendorOptions {
  workflows?: Record<string, NovuWorkflow>;
  /** Not enabled for all organisations. */
  idempotency?: boolean;
  /** Old releases find a known transaction when they are asked, later ones when they work off their queue. */
  checksTransactionsInApi?: boolean;
  /** From the answer until the trigger is worked off, and its message can be seen. */
  queueLagMs?: number;
  /** Triggers worked off within so little time of each other do not see each other's transaction. */
  blindMs?: number;
  /** For how long transactions are remembered; by plan. */
  retentionMs?: number;
  /** Old releases pass over the filter by transaction. */
  filtersByTransaction?: boolean;
  /** Triggers a second; none by default. */
  rateLimit?: number;
  /** In what form a 429 says when to come back. */
  retryAfter?: string | null;
  /** Milliseconds since 1970. */
  now?: () => number;
}

export interface NovuVendor {
  url: string;
  /** The truth: the workflow runs, in order; each sends one mail. */
  runs(): NovuTrigger[];
  readonly requests: SeenRequest[];
  readonly workflows: Record<string, NovuWorkflow>;
  mood(mood: NovuMood): void;
  /** Ends what `keeps_running` has begun. */
  finish(): void;
  stop(): Promise<void>;
}

interface Remembered {
  bodyHash: string;
  atMs: number;
  /** Undefined while the first request is running. */
  answer: NovuAnswer | undefined;
}

const keyLifetimeMs = 24 * 3_600_000;
const inProgressMs = 5 * 60_000;

/**
 * A stand-in for Novu's API, written from its documentation (docs.novu.co: api-reference/events/trigger-event,
 * /idempotency, /errors, /rate-limiting, /messages/list-all-messages, /workflows/retrieve-a-workflow;
 * platform/concepts/trigger; platform/integrations/email), with its traps: a transaction is looked for and then
 * recorded, so a concurrent double is not noticed; keys against doubles are a feature that may be off; with it, refusals
 * and failures are kept for a day as well; a 201 may say that nothing was started; messages show up after the queue.
 */
export async function startNovuVendor(options: NovuVendorOptions = {}): Promise<NovuVendor> {
  const { idempotency = true, queueLagMs = 0, blindMs = 0, retentionMs = keyLifetimeMs } = options;
  const { now = Date.now, filtersByTransaction = true } = options;
  const workflows = options.workflows ?? { mail: { active: true, steps: [{ type: 'email', active: true }] } };
  const server = await startFaultHttp();
  const queue: Array<{ trigger: NovuTrigger; dueMs: number }> = [];
  const done: Array<{ trigger: NovuTrigger; atMs: number }> = [];
  const remembered = new Map<string, Remembered>();
  const unfinished: Array<() => void> = [];
  const fits = rateWindow(options.rateLimit, now);
  let mood: NovuMood = 'well';

  /** Looks whether the transaction is known, and only then records it: who comes at the same time sees nothing yet. */
  function workOff(): void {
    const due = queue.filter(({ dueMs }) => dueMs <= now());
    for (const { trigger, dueMs } of due) {
      queue.splice(
        queue.findIndex((one) => one.trigger === trigger),
        1,
      );
      const isKnown = done.some(
        (earlier) =>
          earlier.trigger.transactionId === trigger.transactionId &&
          dueMs - earlier.atMs >= blindMs &&
          dueMs - earlier.atMs < retentionMs,
      );
      if (!isKnown) done.push({ trigger, atMs: dueMs });
    }
  }

  function answer(request: SeenRequest): HttpBehaviour {
    workOff();
    const refused = readHead(request);
    if (refused) return spoken(refused);
    if (request.path === '/v1/messages') return spoken(listMessages(request.query));
    if (request.path.startsWith('/v2/workflows/'))
      return spoken(showWorkflow(decodeURIComponent(request.path.slice('/v2/workflows/'.length))));
    return triggered(request);
  }

  function listMessages(query: URLSearchParams): NovuAnswer {
    const wanted = query.getAll('transactionId');
    const seen = done.filter(
      ({ trigger }) => !filtersByTransaction || wanted.length === 0 || wanted.includes(trigger.transactionId),
    );
    const data = seen.slice(0, Number(query.get('limit') ?? 10)).map(({ trigger }) => ({
      _id: randomUUID(),
      transactionId: trigger.transactionId,
      templateIdentifier: trigger.name,
      channel: 'email',
      email: trigger.to.email,
      // So it says before the e-mail provider was asked.
      status: 'sent',
    }));
    return { status: 200, json: { page: 0, totalCount: data.length, hasMore: false, pageSize: 10, data } };
  }

  function showWorkflow(workflowId: string): NovuAnswer {
    const workflow = Object.hasOwn(workflows, workflowId) ? workflows[workflowId] : undefined;
    return workflow
      ? { status: 200, json: { data: { workflowId, ...workflow } } }
      : { status: 404, json: answers.workflowNotFoundById };
  }

  function triggered(request: SeenRequest): HttpBehaviour {
    if (!fits()) {
      const wait = options.retryAfter === undefined ? '1' : options.retryAfter;
      return spoken({
        status: 429,
        json: { statusCode: 429, message: 'API rate limit exceeded' },
        headers: { 'ratelimit-reset': '1', ...(wait === null ? {} : { 'retry-after': wait }) },
      });
    }
    if (mood === 'cuts_before') return { mode: 'reset' };
    if (mood === 'redirects') return { mode: 'redirect', to: '/elsewhere' };
    const key = request.headers['idempotency-key'];
    return idempotency && typeof key === 'string' ? once(key, request) : afterwards(start(request));
  }

  function once(key: string, request: SeenRequest): HttpBehaviour {
    if (key.length > 255)
      return spoken({ status: 400, json: { statusCode: 400, message: 'idempotencyKey' } });
    const bodyHash = createHash('sha256').update(request.body).digest('hex');
    const before = remembered.get(key);
    const ageMs = before ? now() - before.atMs : Number.POSITIVE_INFINITY;
    if (before && ageMs < (before.answer ? keyLifetimeMs : inProgressMs)) {
      if (!before.answer) return spoken(answers.inProgress(key));
      if (before.bodyHash !== bodyHash) return spoken(answers.otherBody(key));
      return spoken({ ...before.answer, headers: { 'idempotency-replay': 'true', 'idempotency-key': key } });
    }
    const entry: Remembered = { bodyHash, atMs: now(), answer: undefined };
    remembered.set(key, entry);
    const finish = () => {
      entry.answer = start(request);
      return entry.answer;
    };
    if (mood !== 'keeps_running') return afterwards(finish());
    unfinished.push(finish);
    return { mode: 'hang' };
  }

  /** What the API itself does: it looks at the workflow and puts the trigger into the queue. */
  function start(request: SeenRequest): NovuAnswer {
    if (mood === 'fails_before') return answers.internal;
    const trigger = readTrigger(JSON.parse(request.body) as Record<string, unknown>, workflows);
    if ('status' in trigger) return trigger;
    if (mood === 'finds_recipients_invalid') return answers.word('invalid_recipients');
    if (
      options.checksTransactionsInApi &&
      done.some((one) => one.trigger.transactionId === trigger.transactionId)
    )
      return answers.notUnique;
    queue.push({ trigger, dueMs: now() + queueLagMs });
    workOff();
    if (mood === 'fails_after') return answers.internal;
    const transactionId = mood === 'names_another_transaction' ? randomUUID() : trigger.transactionId;
    return { status: 201, json: { data: { acknowledged: true, status: 'processed', transactionId } } };
  }

  function afterwards(given: NovuAnswer): HttpBehaviour {
    switch (mood) {
      case 'cuts_after':
        return { mode: 'reset' };
      case 'hangs_after':
        return { mode: 'hang' };
      case 'answers_html':
        return { mode: 'answer', headers: { 'content-type': 'text/html' }, text: '<!doctype html><p>OK</p>' };
      case 'answers_empty_object':
        return { mode: 'answer', status: 201, json: {} };
      case 'answers_truncated':
        return { mode: 'answer', status: 201, text: '{"data":{"acknowledged":true' };
      default:
        return spoken(given);
    }
  }

  server.otherwise(answer);
  return {
    url: server.url,
    runs: () => {
      workOff();
      return done.map(({ trigger }) => trigger);
    },
    requests: server.requests,
    workflows,
    mood: (next) => {
      mood = next;
    },
    finish: () => {
      for (const finish of unfinished.splice(0)) finish();
    },
    stop: () => server.stop(),
  };
}

const spoken = ({ status, json, headers = {} }: NovuAnswer): HttpBehaviour => ({
  mode: 'answer',
  status,
  headers,
  json,
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
