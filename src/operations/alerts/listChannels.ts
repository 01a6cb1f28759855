import { z } from 'zod';
import { alertChannels, type ChannelDesk } from '../../ports/alertDelivery.ts';
import { alertSeverities } from '../../ports/alerts.ts';
import type { ReadOperation } from '../frame/operation.ts';

const input = z.strictObject({});
const channel = z.strictObject({
  channel: z.enum(alertChannels),
  enabled: z.boolean().describe('Whether the sentinel that started last can tell people here.'),
  severities: z.array(z.enum(alertSeverities)),
  pending: z.int().nonnegative().describe('How much has still to be told.'),
  pendingSince: z.string().nullable(),
  lastReason: z.string().nullable().describe('Why it was not told at the last attempt; a code.'),
  deliveredAt: z.string().nullable().describe('When something last arrived, within 30 days.'),
  testedAt: z.string().nullable().describe('When a test last arrived; each channel is tested once a day.'),
});
const output = z.strictObject({ channels: z.array(channel) });

/** Whether an alarm would ring. */
export function createListChannels(
  desk: Pick<ChannelDesk, 'list'>,
): ReadOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'read',
    name: 'alerts:channels',
    permission: 'alerts:read',
    summary: 'List the channels that alerts are told on, and whether they arrive',
    path: '/alerts/channels',
    input,
    output,
    async read() {
      const standings = await desk.list();
      return {
        channels: standings.map(({ pendingSince, deliveredAt, testedAt, ...rest }) => ({
          ...rest,
          pendingSince: pendingSince?.toISOString() ?? null,
          deliveredAt: deliveredAt?.toISOString() ?? null,
          testedAt: testedAt?.toISOString() ?? null,
        })),
      };
    },
  };
}
