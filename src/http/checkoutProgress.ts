import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../ports/clock.ts';
import type { CheckoutView } from '../shelf/checkout/checkoutView.ts';
import { type EventStream, openEventStream } from './eventStream.ts';
import { HttpProblem, type Problem } from './problem.ts';

export interface CheckoutProgressOptions {
  /** The payment that a token is for; undefined when it is not one of ours, or too old. */
  readToken(token: string): string | undefined;
  /** How far it has come at this moment. */
  look(paymentId: string): Promise<CheckoutView | undefined>;
  /** Tells each time somebody has looked; undefined when there are too many listeners. */
  listen(paymentId: string, onView: (view: CheckoutView | undefined) => void): (() => void) | undefined;
  isOver(view: CheckoutView): boolean;
  /** How long one stream lasts at most; default ten minutes. */
  streamMaxMs?: number;
  /** Default 15 s. */
  heartbeatMs?: number;
}

interface RouteOptions extends CheckoutProgressOptions {
  clock: Pick<Clock, 'sleep'>;
  /** @throws HttpProblem when an address asks too often */
  insistOnRate(request: FastifyRequest): void;
}

const query = z.object({ token: z.string().max(200) });

/** How soon a browser comes again whose stream has ended without a word: another process serves it then. */
const retryMs = 3_000;

/**
 * `GET /v1/checkout/progress?token=…`: the states as server-sent events, from the one that holds now to the last one; or
 * with `Accept: application/json` the one that holds now.
 */
export function progressRoute(server: FastifyInstance, options: RouteOptions): void {
  const open = new Set<EventStream>();
  // Browsers come again by themselves, to whoever serves then.
  server.addHook('preClose', (done) => {
    for (const stream of open) stream.end();
    done();
  });

  server.get('/v1/checkout/progress', { exposeHeadRoute: false }, async (request, reply) => {
    options.insistOnRate(request);
    const asked = query.safeParse(request.query);
    const paymentId = asked.success ? options.readToken(asked.data.token) : undefined;
    const view = paymentId === undefined ? undefined : await options.look(paymentId);
    if (paymentId === undefined || view === undefined) throw new HttpProblem(unknownToken);
    if (!wantsStream(request)) return reply.header('cache-control', 'no-store').send(view);

    const heard = { onView: (_view: CheckoutView | undefined): void => undefined };
    const stop = options.listen(paymentId, (news) => heard.onView(news));
    if (stop === undefined) throw new HttpProblem(tooManyListeners);
    const stream = openEventStream(reply, { retryMs });
    open.add(stream);
    const over = new AbortController();
    stream.onEnd(() => {
      stop();
      over.abort();
      open.delete(stream);
    });
    const tell = teller(stream, options.isOver);
    heard.onView = tell;
    tell(view);
    void keepAlive(stream, options, over.signal);
    return reply;
  });
}

/** Sends what is new, and ends when nothing more can come. */
function teller(
  stream: EventStream,
  isOver: (view: CheckoutView) => boolean,
): (view: CheckoutView | undefined) => void {
  let last = '';
  return (view) => {
    const text = JSON.stringify(view);
    if (view !== undefined && text !== last) {
      stream.send('state', view);
      last = text;
    }
    if (view === undefined || isOver(view)) finish(stream, 'over');
  };
}

/** An event of its own, for a stream that merely ends is asked for again. */
function finish(stream: EventStream, reason: 'over' | 'limit'): void {
  stream.send('end', { reason });
  stream.end();
}

async function keepAlive(stream: EventStream, options: RouteOptions, over: AbortSignal): Promise<void> {
  const { clock, streamMaxMs = 10 * 60_000, heartbeatMs = 15_000 } = options;
  for (let leftMs = streamMaxMs; leftMs > 0; leftMs -= heartbeatMs) {
    await clock.sleep(Math.min(heartbeatMs, leftMs), over);
    if (over.aborted) return;
    stream.beat();
  }
  finish(stream, 'limit');
}

const wantsStream = ({ headers: { accept = '' } }: FastifyRequest): boolean =>
  accept.includes('text/event-stream') || !accept.includes('application/json');

export const unknownToken: Problem = {
  status: 404,
  code: 'not_found',
  detail: 'This address works no more.',
  remedy: 'Confirm the checkout again to get a new one.',
};

export const tooManyListeners: Problem = {
  status: 503,
  code: 'too_many_listeners',
  detail: 'Too many pages are listening right now.',
  remedy: 'Ask with Accept: application/json now and then instead.',
  retryAfterSeconds: 10,
};
