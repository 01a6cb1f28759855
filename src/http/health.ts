import type { FastifyInstance } from 'fastify';
import { Fault } from '../domain/fault.ts';
import type { Clock } from '../ports/clock.ts';

/** One thing without which the process cannot do its work. */
export interface ReadinessCheck {
  name: string;
  timeoutMs: number;
  /** Rejects when it is not there. A `Fault`'s reason is shown; nothing else of the error is. */
  check(signal: AbortSignal): Promise<void>;
}

/** @param accept of the request */
export type Metrics = (accept?: string) => Promise<{ contentType: string; body: string }>;

export interface HealthOptions {
  readinessChecks: ReadinessCheck[];
  metrics: Metrics;
  /** What is so on purpose, and should be seen by whoever asks: shown, and no reason not to be ready. */
  standing?: () => Promise<Record<string, string>>;
  clock: Clock;
}

type CheckResult = { ok: boolean; durationMs: number; reason?: string };

/** `GET /healthz`, `/readyz` and `/metrics`. */
export function healthRoutes({ readinessChecks, metrics, clock, standing }: HealthOptions) {
  return async (server: FastifyInstance): Promise<void> => {
    server.get('/healthz', async (_request, reply) =>
      reply.header('cache-control', 'no-store').send({ status: 'ok' }),
    );

    server.get('/readyz', async (_request, reply) => {
      const results = await Promise.all(
        readinessChecks.map(async (check) => [check.name, await runCheck(check, clock)] as const),
      );
      const ready = results.every(([, result]) => result.ok);
      const stands = ready ? await standing?.() : undefined;
      return reply
        .code(ready ? 200 : 503)
        .header('cache-control', 'no-store')
        .send({ status: ready ? 'ready' : 'not_ready', ...stands, checks: Object.fromEntries(results) });
    });

    server.get('/metrics', async (request, reply) => {
      const { contentType, body } = await metrics(request.headers.accept);
      return reply.header('cache-control', 'no-store').type(contentType).send(body);
    });
  };
}

async function runCheck(check: ReadinessCheck, clock: Clock): Promise<CheckResult> {
  const startedMs = clock.elapsedMs();
  const done = new AbortController();
  const reason = await Promise.race([
    check.check(done.signal).then(() => undefined, failureReason),
    clock.sleep(check.timeoutMs, done.signal).then(() => 'timeout'),
  ]);
  // Ends whichever of the two is still running.
  done.abort();
  const durationMs = Math.round(clock.elapsedMs() - startedMs);
  return reason === undefined ? { ok: true, durationMs } : { ok: false, durationMs, reason };
}

const failureReason = (error: unknown) => (error instanceof Fault ? error.reason : 'failed');
