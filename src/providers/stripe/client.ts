import { Stripe } from 'stripe';
import type { z } from 'zod';
import { Fault, toFault } from '../../domain/fault.ts';
import { createOutboundFetch, OutboundError, retryAfterMs, underDeadline } from '../outbound.ts';
import type { Fetch } from '../outbound.ts';
import { isMissing, stripeFault } from './faults.ts';
import type { StripeFailure } from './faults.ts';
import { MissingField } from './purchase.ts';

export interface StripeClientOptions {
  secretKey: string;
  apiVersion?: string | undefined;
  baseUrl: URL;
  timeoutMs: number;
  answerBytesMax: number;
  fetch?: Fetch | undefined;
}

/** Asks Stripe one thing and checks the answer. Throws `Fault` alone. */
export type Ask = <Shape extends z.ZodType>(
  run: (stripe: Stripe) => Promise<unknown>,
  shape: Shape,
) => Promise<z.infer<Shape>>;

export interface StripeClient {
  /** Runs everything `work` asks under one signal and one total deadline. */
  within<Result>(signal: AbortSignal, work: (ask: Ask) => Promise<Result>): Promise<Result>;
}

/** What the last HTTP exchange said, beside its body. */
interface Exchange {
  status?: number;
  retryAfterMs?: number | undefined;
  requestId?: string | undefined;
}

/**
 * The official SDK without its retries and telemetry. Its request options take no AbortSignal and its HTTP client is
 * fixed per instance, so every operation gets an instance of its own (under 0.1 ms) whose fetch carries the signal.
 */
export function createStripeClient(options: StripeClientOptions): StripeClient {
  const outboundFetch = createOutboundFetch({ ...options, origins: [new URL(options.baseUrl).origin] });
  return {
    within: (signal, work) =>
      underDeadline(signal, options.timeoutMs, async (deadline) => {
        const exchange: Exchange = {};
        const stripe = buildSdk(options, async (url, init) => {
          const response = await outboundFetch(url, { ...init, signal: deadline });
          exchange.status = response.status;
          exchange.retryAfterMs = retryAfterMs(response.headers.get('retry-after'), Date.now());
          exchange.requestId = response.headers.get('request-id') ?? undefined;
          return response;
        });
        try {
          return await work(async (run, shape) => parse(await answerOf(run, stripe, exchange), shape));
        } catch (thrown) {
          if (thrown instanceof MissingField) throw new Fault(stripeFault({ kind: 'shape', at: thrown.at }));
          throw toFault(thrown);
        }
      }),
  };
}

function buildSdk({ secretKey, apiVersion, baseUrl, timeoutMs }: StripeClientOptions, send: Fetch): Stripe {
  const protocol = baseUrl.protocol === 'http:' ? 'http' : 'https';
  return new Stripe(secretKey, {
    apiVersion: (apiVersion ?? Stripe.API_VERSION) as typeof Stripe.API_VERSION,
    host: baseUrl.hostname,
    port: baseUrl.port || (protocol === 'http' ? 80 : 443),
    protocol,
    maxNetworkRetries: 0,
    telemetry: false,
    timeout: timeoutMs,
    httpClient: Stripe.createFetchHttpClient(send as typeof fetch),
  });
}

async function answerOf(
  run: (stripe: Stripe) => Promise<unknown>,
  stripe: Stripe,
  exchange: Exchange,
): Promise<unknown> {
  let answer: unknown;
  try {
    answer = await run(stripe);
  } catch (thrown) {
    const failure = failureOf(thrown, exchange);
    throw failure ? new StripeFault(failure) : toFault(thrown);
  }
  // The SDK takes any JSON without an `error` key for a success, whatever the status says.
  const failure = exchange.status === undefined || exchange.status >= 300 ? refusal(exchange) : undefined;
  if (failure) throw new StripeFault(failure);
  return answer;
}

/** A `Fault` that still knows what Stripe said. */
class StripeFault extends Fault {
  readonly failure: StripeFailure;

  constructor(failure: StripeFailure) {
    super(stripeFault(failure));
    this.failure = failure;
  }
}

/** True when the fault says no more than that the object does not exist. */
export function saysMissing(thrown: unknown): boolean {
  return thrown instanceof StripeFault && isMissing(thrown.failure);
}

/** The HTTP status behind a fault, when there was an answer. */
export function statusBehind(thrown: unknown): number | undefined {
  return thrown instanceof StripeFault && thrown.failure.kind === 'answer'
    ? thrown.failure.status
    : undefined;
}

function failureOf(thrown: unknown, exchange: Exchange): StripeFailure | undefined {
  const { detail, code } = thrown as { detail?: unknown; code?: unknown };
  if (detail instanceof OutboundError) return { kind: 'outbound', trouble: detail.trouble };
  if (exchange.status === undefined) return undefined;
  if (exchange.status >= 300) return refusal(exchange, typeof code === 'string' ? code : undefined);
  return { kind: 'unreadable', ...(exchange.requestId !== undefined && { requestId: exchange.requestId }) };
}

function refusal(exchange: Exchange, code?: string): StripeFailure {
  const { status = 0, retryAfterMs, requestId } = exchange;
  return {
    kind: 'answer',
    status,
    ...(code !== undefined && { code }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(requestId !== undefined && { requestId }),
  };
}

function parse<Shape extends z.ZodType>(answer: unknown, shape: Shape): z.infer<Shape> {
  const parsed = shape.safeParse(answer);
  if (parsed.success) return parsed.data;
  // Field names only: the values are the buyer's.
  const at = parsed.error.issues[0]?.path.filter((key) => typeof key === 'string').join('.') || 'the top';
  throw new Fault(stripeFault({ kind: 'shape', at }));
}
