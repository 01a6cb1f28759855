import type { Finding } from '../../cli/duties.ts';
import type { Config } from '../config.ts';
import { type Check, findingsOf } from './check.ts';
import { endpointTrouble } from './endpointTrouble.ts';

const { ok, note, warning } = findingsOf('alerts');

/** Whether somebody would be told when the promise breaks. Nothing is sent: fulfillment alerts test does that. */
export const alertsCheck: Check = {
  name: 'alerts',
  async run({ config: { alerts }, signal }) {
    const ways = waysOf(alerts);
    const found = await Promise.all(ways.map(([name, url]) => judge(name, url, signal)));
    const silent = ways.some(([name]) => name !== 'DEAD_MAN_URL')
      ? []
      : [
          warning(
            'nobody is told when something breaks; alerts are shown by fulfillment alerts list alone',
            'Set PAGERDUTY_ROUTING_KEY or SLACK_* and run fulfillment sentinel (docs/alerts.md).',
          ),
        ];
    const unwatched =
      alerts.deadManUrl === null
        ? [note('nobody outside hears it when the sentinel itself goes', 'Set DEAD_MAN_URL.')]
        : [];
    return [...silent, ...found, ...unwatched];
  },
};

function waysOf({ pagerDuty, slack, deadManUrl }: Config['alerts']): Array<[string, string]> {
  return [
    ...(pagerDuty ? [['PagerDuty', pagerDuty.eventsUrl] as [string, string]] : []),
    ...(slack
      ? [['Slack', 'webhookUrl' in slack ? slack.webhookUrl : slack.apiUrl] as [string, string]]
      : []),
    ...(deadManUrl === null ? [] : [['DEAD_MAN_URL', deadManUrl] as [string, string]]),
  ];
}

/** Of addresses that are secrets only the host is shown. */
async function judge(name: string, address: string, signal: AbortSignal): Promise<Finding> {
  const url = new URL(address);
  const trouble = await endpointTrouble(url, signal);
  return trouble === undefined
    ? ok(`${name} at ${url.host} is there`)
    : warning(`${name} at ${url.host}: ${trouble}`, 'Check the address and the way there.');
}
