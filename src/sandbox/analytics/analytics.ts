import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import { parseEventBody } from './eventBody.ts';
import { createEventStore } from './eventStore.ts';
import type { EventStore } from './eventStore.ts';

export type AnalyticsOptions = {
  /** A database of the sandbox; analytics keeps to its schema `analytics_sandbox`. Not ended by `stop`. */
  pool: Pool;
};

/** What the server does wrong, and for how many events (default: until changed). */
export type AnalyticsFault = { mode: 'none' | '500' | 'hang'; remaining?: number | undefined };

/** Binds to 127.0.0.1. Port 0 asks for a free one; the port in use is returned. */
export type Analytics = {
  start(port: number): Promise<{ port: number; url: string }>;
  setFault(fault: AnalyticsFault): void;
  stop(): Promise<void>;
};

type EventsQuery = { name?: string; limit: number };

const eventsSchema = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    limit: { type: 'integer', minimum: 1, maximum: 10_000, default: 1000 },
  },
};

const faultSchema = {
  type: 'object',
  required: ['mode'],
  additionalProperties: false,
  properties: { mode: { enum: ['none', '500', 'hang'] }, remaining: { type: 'integer', minimum: 0 } },
};

/** A stand-in for Plausible's Events API that keeps what it is sent and shows it to tests. */
export async function createAnalytics({ pool }: AnalyticsOptions): Promise<Analytics> {
  const store = await createEventStore(pool);
  const faults = createFaults();
  const app = Fastify({
    logger: false,
    forceCloseConnections: true,
    ajv: { customOptions: { removeAdditional: false } },
  });
  await app.register(async (events) => addEventRoute(events, store, faults));
  app.get<{ Querystring: EventsQuery }>(
    '/sandbox/events',
    { schema: { querystring: eventsSchema } },
    (request) => store.list({ name: request.query.name ?? null, limit: request.query.limit }),
  );
  app.get('/sandbox/faults', () => faults.current());
  app.put<{ Body: AnalyticsFault }>('/sandbox/faults', { schema: { body: faultSchema } }, (request) => {
    faults.set(request.body);
    return faults.current();
  });
  return {
    start: async (wantedPort) => {
      const url = await app.listen({ port: wantedPort, host: '127.0.0.1' });
      return { port: Number(new URL(url).port), url };
    },
    setFault: (fault) => faults.set(fault),
    stop: () => app.close(),
  };
}

type Faults = {
  current(): AnalyticsFault;
  set(fault: AnalyticsFault): void;
  take(): AnalyticsFault['mode'];
};

function createFaults(): Faults {
  let fault: AnalyticsFault = { mode: 'none' };
  return {
    current: () => fault,
    set: (next) => {
      fault = next.remaining === 0 ? { mode: 'none' } : next;
    },
    take: () => {
      const { mode, remaining } = fault;
      if (remaining !== undefined)
        fault = remaining > 1 ? { mode, remaining: remaining - 1 } : { mode: 'none' };
      return mode;
    },
  };
}

function addEventRoute(app: FastifyInstance, store: EventStore, faults: Faults): void {
  // Plausible does not look at the content type: its own script sends text/plain.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.post<{ Body: string | undefined }>('/api/event', async (request, reply) => {
    const fault = faults.take();
    if (fault === 'hang') {
      // Nobody answers any more; the connection ends with the client's patience, or with `stop`.
      return reply.hijack();
    }
    if (fault === '500') return reply.code(500).send({ error: 'Internal server error' });
    const userAgent = request.headers['user-agent'];
    if (!userAgent) return reply.code(400).send({ errors: { user_agent: ["can't be blank"] } });
    const read = parseEventBody(request.body ?? '');
    if ('errors' in read) return reply.code(400).send(read);
    await store.add(read.event, userAgent);
    return reply.code(202).type('text/plain').send('ok');
  });
}
