import { z } from 'zod';
import { alertChannels, type ChannelDesk } from '../../ports/alertDelivery.ts';
import type { ChangeOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';

const input = z.strictObject({
  channel: z.enum(alertChannels).optional().describe('Only this one; all that are on unless given.'),
});
const output = z.strictObject({
  channels: z
    .array(z.enum(alertChannels))
    .describe('Those that a test was sent to; the sentinel delivers it.'),
});

/** Rings on purpose, to hear whether it rings: through the same queue as every alert. */
export function createTestChannels(
  desk: Pick<ChannelDesk, 'test'>,
): ChangeOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'change',
    name: 'alert:test',
    permission: 'alert:test',
    summary: 'Send a test alert to the channels that are on, as real ones are sent',
    path: '/alerts/test',
    reason: 'optional',
    input,
    output,
    target: ({ channel }) => ({ kind: 'alert_channel', id: channel ?? 'all' }),
    async change(tx, { channel }) {
      const channels = await desk.test(tx, channel === undefined ? alertChannels : [channel]);
      if (channels.length === 0) throw nobody(channel);
      return { output: { channels }, before: {}, after: { channels } };
    },
  };
}

const nobody = (channel: string | undefined) =>
  new Refusal({
    kind: 'wrong_state',
    code: 'no_alert_channel',
    ...(channel === undefined ? {} : { field: 'channel' }),
    detail: `No sentinel tells people ${channel === undefined ? 'anywhere' : `on ${channel}`}.`,
    remedy: 'Set PAGERDUTY_ROUTING_KEY or SLACK_* and start fulfillment sentinel.',
  });
