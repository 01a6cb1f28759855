import { request } from 'node:http';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAdminPool } from '../../../test/setup/adminPool.ts';
import { createEmptyDatabase } from '../../../test/setup/database.ts';
import { createAnalytics } from './analytics.ts';
import type { Analytics } from './analytics.ts';

let database: Awaited<ReturnType<typeof createEmptyDatabase>>;
let pool: Pool;
let analytics: Analytics;
let url: string;

beforeAll(async () => {
  database = await createEmptyDatabase();
  pool = openAdminPool(database.url);
  analytics = await createAnalytics({ pool });
  url = (await analytics.start(0)).url;
});

afterAll(async () => {
  await analytics.stop();
  await pool.end();
  await database.drop();
});

const purchase = { name: 'purchase.fulfilled', url: 'https://shop.example/thanks', domain: 'shop.example' };

function post(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/api/event`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'fulfillment/1', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

async function eventsNamed(name: string): Promise<{ count: number; events: unknown[] }> {
  return (await (await fetch(`${url}/sandbox/events?name=${name}`)).json()) as {
    count: number;
    events: unknown[];
  };
}

async function setFault(fault: object): Promise<void> {
  const answer = await fetch(`${url}/sandbox/faults`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  });
  expect(answer.status).toBe(200);
}

describe('analytics', () => {
  it('takes an event whatever its content type, answers 202 ok, and lists it by name', async () => {
    const event = { ...purchase, name: 'listed', props: { id: 'e1', nested: { a: 1 }, empty: '', count: 2 } };
    const answer = await post({ ...event, revenue: { currency: 'PLN', amount: '12.30' } });
    await post(event, { 'content-type': 'text/plain' });

    expect([answer.status, await answer.text()]).toEqual([202, 'ok']);
    expect(await eventsNamed('listed')).toMatchObject({
      count: 2,
      events: [
        {
          domain: 'shop.example',
          props: { id: 'e1', count: 2 },
          revenue: { currency: 'PLN' },
          userAgent: 'fulfillment/1',
        },
        { revenue: null },
      ],
    });
    expect(await eventsNamed('other')).toEqual({ count: 0, events: [] });
  });

  it.each([
    ['{"name":', { request: ['Unable to parse request body as json'] }],
    ['[]', { request: ['Unable to parse request body as json'] }],
    [{ name: 'x' }, { url: ['is required'], domain: ["can't be blank"] }],
    [{ ...purchase, name: '' }, { event_name: ["can't be blank"] }],
    [{ ...purchase, domain: 'a\0b' }, { domain: ['is invalid'] }],
    [{ ...purchase, url: 'data:text/html,x' }, { url: ['scheme is not allowed'] }],
    [{ ...purchase, revenue: { currency: 'zł', amount: 1 } }, { revenue_source: ['is invalid'] }],
    [{ ...purchase, props: ['x'] }, { props: ['must be an object'] }],
  ])('answers 400 to %j and says what is wrong', async (body, errors) => {
    const answer = await post(body);

    expect([answer.status, await answer.json()]).toEqual([400, { errors }]);
  });

  it('answers 400 to an event without a User-Agent', async () => {
    const status = await new Promise((resolve, reject) => {
      const sent = request(`${url}/api/event`, { method: 'POST' }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      sent.on('error', reject);
      sent.end(JSON.stringify(purchase));
    });

    expect(status).toBe(400);
  });

  it('fails as often as told and keeps nothing of it', async () => {
    await setFault({ mode: '500', remaining: 1 });

    expect((await post({ ...purchase, name: 'failed' })).status).toBe(500);
    expect((await eventsNamed('failed')).count).toBe(0);
    expect((await post({ ...purchase, name: 'failed' })).status).toBe(202);
  });

  it('hangs when told, and stops at once all the same', async () => {
    const hanging = await createAnalytics({ pool });
    const { url: hangingUrl } = await hanging.start(0);
    hanging.setFault({ mode: 'hang' });
    const failure = fetch(`${hangingUrl}/api/event`, { method: 'POST', body: '{}' }).catch(
      (error: Error) => error.message,
    );
    await fetch(`${hangingUrl}/sandbox/events`);
    const started = performance.now();
    await hanging.stop();

    expect(await failure).toBe('fetch failed');
    expect(performance.now() - started).toBeLessThan(500);
  });
});
