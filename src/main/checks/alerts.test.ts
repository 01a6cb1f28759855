import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildConfig } from '../../../test/builders/config.ts';
import { type FaultHttp, startFaultHttp } from '../../../test/vendors/faultHttp.ts';
import type { Config } from '../config.ts';
import { alertsCheck } from './alerts.ts';

let server: FaultHttp;
beforeAll(async () => {
  server = await startFaultHttp();
});
afterAll(() => server.stop());

const run = (alerts: Partial<Config['alerts']>) => {
  const config = buildConfig();
  return alertsCheck.run({
    config: {
      ...config,
      alerts: { ...config.alerts, pagerDuty: null, slack: null, deadManUrl: null, ...alerts },
    },
    migratorUrl: null,
    signal: new AbortController().signal,
  });
};

describe('the doctor’s look at alerts', () => {
  it('says that nobody is told, and how to mend that', async () => {
    expect(await run({})).toMatchObject([
      { state: 'warning', remedy: expect.stringContaining('PAGERDUTY_ROUTING_KEY') },
      { state: 'note', remedy: 'Set DEAD_MAN_URL.' },
    ]);
  });

  it('finds whoever is told, sends nothing, and shows no secret', async () => {
    const { host } = new URL(server.url);
    const found = await run({
      pagerDuty: { routingKey: 'k'.repeat(32), eventsUrl: server.url },
      slack: { webhookUrl: `${server.url}/services/secret` },
      deadManUrl: `${server.url}/secret`,
    });
    expect(found.map(({ state, detail }) => `${state}: ${detail}`)).toEqual([
      `ok: PagerDuty at ${host} is there`,
      `ok: Slack at ${host} is there`,
      `ok: DEAD_MAN_URL at ${host} is there`,
    ]);
    expect(server.requests).toEqual([]);
  });

  it('says which host cannot be found', async () => {
    const [found] = await run({ slack: { webhookUrl: 'https://nowhere.invalid/services/secret' } });
    expect(found).toMatchObject({
      state: 'warning',
      detail: 'Slack at nowhere.invalid: its name cannot be resolved',
    });
  });
});
