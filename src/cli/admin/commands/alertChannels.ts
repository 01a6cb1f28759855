import { z } from 'zod';
import { exitCodes, type ExitCode } from '../../exitCodes.ts';
import { tableLines } from '../../output/table.ts';
import { relativeText } from '../../output/times.ts';
import { type AdminRun, membersOf, type Page } from '../adminRun.ts';
import { changedDocument } from '../changed.ts';
import { type AdminCommand, type Given, option, textOf } from '../command.ts';
import { inputOf } from '../inputOf.ts';

const channel = z.looseObject({
  channel: z.string(),
  enabled: z.boolean(),
  severities: z.array(z.string()),
  pending: z.number(),
  lastReason: z.string().nullable(),
  deliveredAt: z.string().nullable(),
  testedAt: z.string().nullable(),
});
const channelsView = z.looseObject({ channels: z.array(channel) });
type Channel = z.infer<typeof channel>;

const lookEveryMs = 1_000;
const waitMaxMs = 90_000;

/** Whether an alarm would ring. */
export const channels: AdminCommand = {
  words: 'alerts channels',
  calls: ['alerts:channels'],
  changes: false,
  summary: 'show where alerts are told, and whether they arrive',
  options: [],
  examples: [['fulfillment alerts channels', '']],
  async run(run) {
    const { raw, seen } = await run.read('alerts:channels', {}, channelsView);
    run.show(membersOf(raw), (page) => channelLines(seen.channels, page));
  },
};

/** Rings, and waits until it has rung. */
export const testChannels: AdminCommand = {
  words: 'alerts test',
  calls: ['alert:test', 'alerts:channels'],
  changes: true,
  summary: 'send a test alert to PagerDuty and Slack as real ones are sent, and wait until it has arrived',
  about:
    'At PagerDuty it opens an incident of the lowest severity and ends it at once. It ends with 7 when the test has not arrived within 90 seconds.',
  options: [option('--channel <name>', 'only this one', { choices: ['pagerduty', 'slack'] })],
  examples: [['fulfillment alerts test --channel slack', '']],
  run: ring,
};

async function ring(run: AdminRun, given: Given): Promise<ExitCode | void> {
  const only = textOf(given, 'channel');
  const before = await look(run);
  const changed = await run.change(
    {
      operation: 'alert:test',
      input: inputOf({ channel: only }),
      would: `send a test alert to ${only ?? 'every channel that is on'}`,
      details: [],
      danger: { level: 'yes' },
    },
    z.looseObject({ channels: z.array(z.string()) }),
  );
  if (!changed) return;
  const wanted = changed.seen.channels;
  const hasArrived = (now: Channel) =>
    now.testedAt !== null && now.testedAt !== before.find((one) => one.channel === now.channel)?.testedAt;
  let now: Channel[] = [];
  for (let waitedMs = 0; waitedMs <= waitMaxMs && !run.signal.aborted; waitedMs += lookEveryMs) {
    now = (await look(run)).filter((one) => wanted.includes(one.channel));
    if (now.every(hasArrived)) break;
    await run.wait(lookEveryMs);
  }
  const arrived = now.every(hasArrived);
  run.show({ ...changedDocument(changed), arrived, standings: now }, (page) => channelLines(now, page));
  run.say(
    arrived ? 'The test has arrived.' : 'The test has not arrived everywhere: fulfillment alerts channels',
  );
  return arrived ? exitCodes.ok : exitCodes.checkFailed;
}

const look = async (run: AdminRun) => (await run.read('alerts:channels', {}, channelsView)).seen.channels;

function channelLines(seen: readonly Channel[], { columns, paint, now }: Page): string[] {
  if (seen.length === 0) return ['Nobody is told of alerts: no sentinel with a channel has ever run.'];
  const ago = (at: string | null) => (at === null ? 'never' : relativeText(at, now));
  return tableLines(
    {
      columns: [
        { title: 'CHANNEL' },
        { title: 'STATE' },
        { title: 'TELLS OF', cutFirst: 3 },
        { title: 'LAST TOLD' },
        { title: 'LAST TEST' },
        { title: 'WAITING', cutFirst: 1 },
      ],
      rows: seen.map((one) => [
        one.channel,
        one.enabled ? 'on' : 'off',
        one.severities.join(', '),
        ago(one.deliveredAt),
        ago(one.testedAt),
        one.pending === 0 ? '0' : `${one.pending}${one.lastReason === null ? '' : ` (${one.lastReason})`}`,
      ]),
    },
    { widthMax: columns, heading: paint.dim },
  );
}
