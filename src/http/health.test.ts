import { describe, expect, it } from 'vitest';
import { buildHttpServer } from '../../test/builders/httpServer.ts';
import { Fault } from '../domain/fault.ts';

describe('health', () => {
  it('says that the process is up without asking anything', async () => {
    const { server } = buildHttpServer({
      readinessChecks: [{ name: 'database', timeoutMs: 100, check: () => Promise.reject(new Error('down')) }],
    });
    const answer = await server.inject({ method: 'GET', url: '/healthz' });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ status: 'ok' });
  });

  it('is ready when every check passes', async () => {
    const { server } = buildHttpServer({
      readinessChecks: ['database', 'storage'].map((name) => ({
        name,
        timeoutMs: 100,
        check: async () => {},
      })),
    });
    const answer = await server.inject({ method: 'GET', url: '/readyz' });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      status: 'ready',
      checks: { database: { ok: true, durationMs: 0 }, storage: { ok: true, durationMs: 0 } },
    });
  });

  it('shows what is so on purpose, and is ready all the same', async () => {
    const standing = async () => ({ mode: 'shadow', mail: 'held by shadow' });
    const { server } = buildHttpServer({ readinessChecks: [], standing });
    const answer = await server.inject({ method: 'GET', url: '/readyz' });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ status: 'ready', mode: 'shadow', mail: 'held by shadow', checks: {} });
  });

  it('is not ready when one fails, and gives away no secret', async () => {
    const { server } = buildHttpServer({
      readinessChecks: [
        { name: 'fine', timeoutMs: 100, check: async () => {} },
        {
          name: 'keys',
          timeoutMs: 100,
          check: () =>
            Promise.reject(new Fault({ kind: 'transient', reason: 'keys_unavailable', message: 'x' })),
        },
        { name: 'database', timeoutMs: 100, check: () => Promise.reject(new Error('postgres://u:secret@h')) },
      ],
    });
    const answer = await server.inject({ method: 'GET', url: '/readyz' });
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({
      status: 'not_ready',
      checks: { fine: { ok: true }, keys: { reason: 'keys_unavailable' }, database: { reason: 'failed' } },
    });
    expect(answer.body).not.toContain('secret');
  });

  it('does not wait for a check that hangs, and tells it to stop', async () => {
    let stopped: AbortSignal | undefined;
    const { server } = buildHttpServer({
      readinessChecks: [
        {
          name: 'slow',
          timeoutMs: 50,
          check: (signal) => {
            stopped = signal;
            return new Promise(() => {});
          },
        },
      ],
      clock: { now: () => new Date(), elapsedMs: () => 0, sleep: async (ms) => expect(ms).toBe(50) },
    });
    const answer = await server.inject({ method: 'GET', url: '/readyz' });
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({ checks: { slow: { ok: false, reason: 'timeout' } } });
    expect(stopped?.aborted).toBe(true);
  });

  it('hands out the metrics as they are', async () => {
    const { server } = buildHttpServer({
      metrics: async () => ({ contentType: 'text/plain; version=0.0.4; charset=utf-8', body: 'up 1\n' }),
    });
    const answer = await server.inject({ method: 'GET', url: '/metrics' });
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.body).toBe('up 1\n');
  });
});
