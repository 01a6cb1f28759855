import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startFaultHttp, type FaultHttp } from '../../../test/vendors/faultHttp.ts';
import { startSlackEmulator } from '../../../test/vendors/slackEmulator.ts';
import type { AlertNotice } from '../../ports/alertDelivery.ts';
import { createSlack } from './adapter.ts';

const never = new AbortController().signal;
const notice = (fields: Partial<AlertNotice> = {}): AlertNotice => ({
  kind: 'opened',
  key: 'fulfillment:failure_rate:',
  rule: 'failure_rate',
  severity: 'page',
  summary: '[production] 4 jobs failed within an hour (more than 3): email <timeout> 4.',
  at: new Date('2026-11-24T12:00:00Z'),
  details: {},
  links: [{ href: 'https://api.books.example/ops/alerts/a1', text: 'Alert' }],
  reference: null,
  ...fields,
});

describe('telling Slack by a bot (emulate)', () => {
  let slack: Awaited<ReturnType<typeof startSlackEmulator>>;
  beforeAll(async () => {
    slack = await startSlackEmulator();
  });
  afterAll(() => slack.stop());

  const bot = (channel = 'C000000001') =>
    createSlack({ by: { botToken: 'xoxb-test-token', channel, apiUrl: slack.url } });
  const messages = async () =>
    (await slack.api('conversations.history', { channel: 'C000000001' }))['messages'] as Array<{
      text: string;
      ts: string;
      attachments?: Array<{ text: string; color: string }>;
    }>;

  it('writes one message, which changes with the alert', async () => {
    const reference = await bot().send(notice(), never);
    const [opened] = await messages();
    expect(opened?.text).toBe(
      ':rotating_light: *Alert* [production] 4 jobs failed within an hour (more than 3): email &lt;timeout&gt; 4.',
    );
    expect(opened?.attachments?.[0]).toMatchObject({
      text: '<https://api.books.example/ops/alerts/a1|Alert>',
      color: '#d32f2f',
    });
    expect(await bot().send(notice({ kind: 'resolved', reference }), never)).toBe(reference);
    const after = await messages();
    expect(after.map(({ ts }) => ts)).toEqual([opened?.ts]);
    expect(after[0]?.text).toMatch(/^:white_check_mark: \*Over\* /);
  });

  it('writes anew where somebody has removed the message', async () => {
    const before = (await messages()).length;
    await bot().send(notice({ kind: 'resolved', reference: 'C000000001/1.000001' }), never);
    expect(await messages()).toHaveLength(before + 1);
  });

  it('says by Slack’s word what is wrong', async () => {
    await expect(bot('C999999999').send(notice(), never)).rejects.toMatchObject({
      kind: 'needs_human',
      reason: 'slack_channel_not_found',
    });
  });
});

describe('telling Slack by an incoming webhook', () => {
  let server: FaultHttp;
  beforeAll(async () => {
    server = await startFaultHttp();
  });
  afterEach(() => server.reset());
  afterAll(() => server.stop());
  const sender = () => createSlack({ by: { webhookUrl: `${server.url}/services/T/B/secret` } });

  it('posts a message for each change', async () => {
    server.otherwise(() => ({ mode: 'answer', text: 'ok' }));
    expect(await sender().send(notice(), never)).toBeNull();
    await sender().send(notice({ kind: 'resolved' }), never);
    expect(
      server.requests.map(({ path, body }) => [path, (JSON.parse(body) as { text: string }).text]),
    ).toEqual([
      ['/services/T/B/secret', expect.stringContaining('*Alert*')],
      ['/services/T/B/secret', expect.stringContaining('*Over*')],
    ]);
  });

  it.each([
    [
      { mode: 'answer', status: 404, text: 'no_team' },
      { kind: 'needs_human', reason: 'slack_refused_404' },
    ],
    [{ mode: 'answer', status: 503 }, { kind: 'transient' }],
    [
      { mode: 'answer', status: 429, headers: { 'retry-after': '3' } },
      { kind: 'rate_limited', retryAfterMs: 3_000 },
    ],
    [{ mode: 'reset' }, { kind: 'transient' }],
  ] as const)('says what became of it at %o, and never the address', async (behaviour, fault) => {
    server.script(behaviour);
    const told = sender().send(notice(), never);
    await expect(told).rejects.toMatchObject(fault);
    await expect(told).rejects.not.toThrow(/secret/);
  });
});
