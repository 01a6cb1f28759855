import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { webhookPlanSchema } from '../webhooks/webhookPlan.ts';
import { errorEnvelope, StripeApiError } from './errors.ts';

const apiFaultSchema = z.strictObject({
  mode: z.enum(['none', 'status', 'hang', 'reset', 'garbage']),
  /** For mode `status`; 500 unless told. */
  status: z.int().min(400).max(599).optional(),
  retryAfterSeconds: z.int().min(0).optional(),
  /** Only paths that begin so, for example `/v1/checkout`. */
  path: z.string().startsWith('/v1').optional(),
  /** How many requests still fail. */
  remaining: z.int().min(0).optional(),
  /** Unix milliseconds at which the fault ends. */
  untilMs: z.number().optional(),
  /** The same as a duration from now. */
  forMs: z.number().min(0).optional(),
});

const rateLimitSchema = z.strictObject({
  /** Calls of the API that are answered within any second; those beyond get a 429. */
  callsPerSecond: z.int().min(0),
  retryAfterSeconds: z.int().min(0).default(1),
});

/** How webhooks are sent that have no plan of their own, and whether any are sent. */
const webhooksSchema = webhookPlanSchema.extend({ paused: z.boolean().default(false) });

export const faultsSchema = z.strictObject({
  api: apiFaultSchema.default({ mode: 'none' }),
  webhooks: webhooksSchema.prefault({}),
  rateLimit: rateLimitSchema.optional(),
});

export type ApiFault = z.infer<typeof apiFaultSchema>;
export type FaultSettings = z.infer<typeof faultsSchema>;

export interface Faults {
  read(): FaultSettings;
  replace(settings: FaultSettings): void;
  /** The fault this request meets, if any; counts it against `remaining`. */
  take(path: string): ApiFault | undefined;
}

/** Faults of the API and of webhooks as they are ordered now. They live in memory: a restart ends them. */
export function createFaults(nowMs: () => number): Faults {
  let settings: FaultSettings = faultsSchema.parse({});
  let callsMs: number[] = [];

  function overLimit(): ApiFault | undefined {
    const { rateLimit } = settings;
    if (!rateLimit) return undefined;
    const now = nowMs();
    callsMs = callsMs.filter((ms) => ms > now - 1_000);
    if (callsMs.length >= rateLimit.callsPerSecond)
      return { mode: 'status', status: 429, retryAfterSeconds: rateLimit.retryAfterSeconds };
    callsMs.push(now);
    return undefined;
  }

  return {
    read: () => settings,
    replace({ api: { forMs, ...api }, ...others }) {
      const untilMs = forMs === undefined ? api.untilMs : nowMs() + forMs;
      settings = { api: { ...api, ...(untilMs !== undefined && { untilMs }) }, ...others };
      callsMs = [];
    },
    take(path) {
      const { api } = settings;
      const over = api.untilMs !== undefined && nowMs() >= api.untilMs;
      const applies =
        api.mode !== 'none' && !over && path.startsWith(api.path ?? '/v1') && api.remaining !== 0;
      if (!applies) return overLimit();
      if (api.remaining !== undefined) {
        settings = { ...settings, api: { ...api, remaining: api.remaining - 1 } };
      }
      return api;
    },
  };
}

/** Answers a request the way the fault wants it: with an error, with nonsense, with a cut, or not at all. */
export function applyFault(fault: ApiFault, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (fault.mode === 'status') return answerStatus(fault, reply);
  if (fault.mode === 'garbage') {
    return reply.type('text/html').send('<html><body><h1>502 Bad Gateway</h1></body></html>');
  }
  if (fault.mode === 'reset') request.raw.socket.resetAndDestroy();
  return reply.hijack();
}

function answerStatus(fault: ApiFault, reply: FastifyReply): FastifyReply {
  const { status = 500, retryAfterSeconds } = fault;
  if (retryAfterSeconds !== undefined) reply.header('Retry-After', String(retryAfterSeconds));
  if (status === 429) reply.header('Stripe-Rate-Limited-Reason', 'global-rate');
  return reply
    .code(status)
    .type('application/json')
    .send(JSON.stringify(errorEnvelope(statusError(status))));
}

function statusError(status: number): StripeApiError {
  if (status === 429) {
    return new StripeApiError(
      status,
      'Testmode request rate limit exceeded, the rate limits in test mode are lower than livemode. You can learn more about rate limits here https://stripe.com/docs/rate-limits.',
      { code: 'rate_limit' },
    );
  }
  return new StripeApiError(status, 'An unknown error occurred', {
    type: status < 500 ? 'invalid_request_error' : 'api_error',
  });
}
