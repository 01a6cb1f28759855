import { afterEach, describe, expect, it } from 'vitest';
import { buildHttpServer, type TestServer } from '../../test/builders/httpServer.ts';

const token = 't'.repeat(32);
let server: TestServer | undefined;
afterEach(async () => server?.server.close());

function build() {
  const told: unknown[] = [];
  server = buildHttpServer({
    alertmanager: {
      token,
      confirmations: { confirm: async (alerts, watchdog) => void told.push({ alerts, watchdog }) },
    },
  });
  return told;
}

const post = (body: unknown, authorization: string | undefined = `Bearer ${token}`) =>
  server?.server.inject({
    method: 'POST',
    url: '/internal/alertmanager',
    headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
    payload: JSON.stringify(body),
  });

const notification = (alerts: unknown[]) => ({
  version: '4',
  groupKey: '{}:{}',
  status: 'firing',
  receiver: 'fulfillment',
  groupLabels: {},
  commonLabels: {},
  commonAnnotations: {},
  externalURL: 'http://alertmanager:9093',
  alerts,
});
const alert = (status: string, labels: Record<string, string>) => ({
  status,
  labels,
  annotations: {},
  startsAt: '2026-11-24T12:00:00Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus:9090',
  fingerprint: 'f',
});

describe('what Alertmanager tells', () => {
  it('is kept by rule, and its sign of life as such', async () => {
    const told = build();
    const answer = await post(
      notification([
        alert('firing', { alertname: 'FulfillmentJobBeyondSla', rule: 'job_beyond_sla' }),
        alert('resolved', { alertname: 'FulfillmentFailureRate', rule: 'failure_rate' }),
        alert('firing', { alertname: 'Watchdog' }),
        alert('firing', { alertname: 'SomebodyElses' }),
      ]),
    );
    expect(answer?.statusCode).toBe(204);
    expect(told).toEqual([
      {
        alerts: [
          { rule: 'job_beyond_sla', firing: true },
          { rule: 'failure_rate', firing: false },
        ],
        watchdog: true,
      },
    ]);
  });

  it.each([undefined, 'Bearer wrong', `Bearer ${token}x`, `Basic ${token}`, 'Bearer'])(
    'is not taken from somebody who says %s',
    async (authorization) => {
      const told = build();
      const answer = await post(notification([]), authorization ?? '');
      expect(answer?.statusCode).toBe(401);
      expect(told).toEqual([]);
    },
  );

  it.each([{}, { version: '3', alerts: [] }, { version: '4', alerts: [{ status: 'burning', labels: {} }] }])(
    'is refused where it is something else: %o',
    async (body) => {
      const told = build();
      const answer = await post(body);
      expect([answer?.statusCode, answer?.json<{ code: string }>().code]).toEqual([422, 'not_understood']);
      expect(told).toEqual([]);
    },
  );

  it('has no address where no token is set', async () => {
    server = buildHttpServer();
    expect((await post(notification([])))?.statusCode).toBe(404);
  });
});
