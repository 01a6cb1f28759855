import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../ports/clock.ts';
import type { CheckoutDesk, Confirmed, CorrectedAddress } from '../shelf/checkout/checkoutDesk.ts';
import type { CheckoutView } from '../shelf/checkout/checkoutView.ts';
import { networkOf } from './networkOf.ts';
import { createRateLimiter, type RateLimiter } from './admin/rateLimit.ts';
import { type CheckoutProgressOptions, progressRoute } from './checkoutProgress.ts';
import { allowOrigins } from './crossOrigin.ts';
import { HttpProblem, type Problem } from './problem.ts';
import { traceparentOf } from './traceContext.ts';

export interface CheckoutRouteOptions {
  checkout: CheckoutProgressOptions & {
    desk: CheckoutDesk;
    /** A short-lived token with which the page follows the payment; the session's id stays out of its URL. */
    writeToken(paymentId: string): string;
  };
  clock: Clock;
  publicBaseUrl: string;
  /** Origins of the shop's pages; none by default. */
  allowedOrigins?: string[];
}

/** For each address: whoever pays more often than this shares it with many others. */
const perMinuteMax = { confirm: 30, progress: 60 };

export const checkoutBody = z.strictObject({
  sessionId: z
    .string()
    .min(1)
    .max(300)
    .describe('The {CHECKOUT_SESSION_ID} that Stripe has put into the success URL.'),
});

/** `POST /v1/checkout/confirm`, `POST /v1/checkout/correct-address` and `GET /v1/checkout/progress`. */
export function checkoutRoutes(options: CheckoutRouteOptions) {
  const { checkout, clock, publicBaseUrl } = options;
  const confirms = createRateLimiter({ clock, perMinuteMax: perMinuteMax.confirm });
  const follows = createRateLimiter({ clock, perMinuteMax: perMinuteMax.progress });

  const answer = (reply: FastifyReply, { paymentId, view }: Confirmed): FastifyReply =>
    reply.header('cache-control', 'no-store').send({
      ...view,
      progressUrl: `${publicBaseUrl}/v1/checkout/progress?token=${checkout.writeToken(paymentId)}`,
    } satisfies CheckoutView & { progressUrl: string });

  return async (server: FastifyInstance): Promise<void> => {
    allowOrigins(server, options.allowedOrigins ?? [], '/v1/checkout/*');

    server.post('/v1/checkout/confirm', { bodyLimit: 1024 }, async (request, reply) => {
      insistOnRate(confirms, request);
      const confirmed = await checkout.desk.confirm(sessionOf(request), traceOf(request));
      if (confirmed === undefined) throw new HttpProblem(unknownCheckout);
      return answer(reply, confirmed);
    });

    server.post('/v1/checkout/correct-address', { bodyLimit: 1024 }, async (request, reply) => {
      insistOnRate(confirms, request);
      const corrected = await checkout.desk.correctAddress(sessionOf(request), traceOf(request));
      if (corrected === undefined) throw new HttpProblem(unknownCheckout);
      if ('refused' in corrected) throw new HttpProblem(correctionRefusals[corrected.refused]);
      return answer(reply, corrected);
    });

    progressRoute(server, { ...checkout, clock, insistOnRate: (request) => insistOnRate(follows, request) });
  };
}

function insistOnRate(limiter: RateLimiter, request: FastifyRequest): void {
  const waitSeconds = limiter.take(networkOf(request.ip));
  if (waitSeconds === 0) return;
  throw new HttpProblem(askedTooOften(waitSeconds));
}

export function askedTooOften(retryAfterSeconds: number): Problem {
  return {
    status: 429,
    code: 'too_many_requests',
    detail: 'This address has asked too often.',
    remedy: 'Wait, then ask again. What was paid is fulfilled meanwhile, whether anybody asks or not.',
    retryAfterSeconds,
  };
}

function sessionOf(request: FastifyRequest): string {
  const given = checkoutBody.safeParse(request.body);
  if (given.success) return given.data.sessionId;
  throw new HttpProblem(sessionIdMissing);
}

export const sessionIdMissing: Problem = {
  status: 400,
  code: 'invalid_input',
  field: 'sessionId',
  detail: 'The Checkout Session’s id is missing.',
  remedy: 'Send {"sessionId": "cs_…"} and nothing else: the {CHECKOUT_SESSION_ID} of the success URL.',
};

const traceOf = (request: FastifyRequest) => traceparentOf(request.headers['traceparent']);

/** The same words for what is not there, not ours, not paid for good, or of the other mode. */
export const unknownCheckout: Problem = {
  status: 404,
  code: 'not_found',
  detail: 'There is no finished checkout with this id.',
};

export const correctionRefusals: Record<Extract<CorrectedAddress, { refused: string }>['refused'], Problem> =
  {
    already_corrected: {
      status: 409,
      code: 'already_corrected',
      detail: 'The address of this order was corrected already.',
      remedy: 'Ask support if it is still not right.',
    },
    nothing_to_correct: {
      status: 409,
      code: 'nothing_to_correct',
      detail: 'Nothing is suggested for the address of this order.',
      remedy: 'Ask support to correct it.',
    },
    too_late: {
      status: 409,
      code: 'too_late',
      detail: 'The address can no longer be corrected on this page.',
      remedy: 'Ask support to correct it.',
    },
  };
