import { z } from 'zod';
import type { Clock } from '../../ports/clock.ts';
import { eventVerdicts, type ReceivedEvents } from '../../ports/receivedEvents.ts';
import type { ReadOperation } from '../frame/operation.ts';
import { momentInput, momentOf } from '../trail/momentInput.ts';
import { eventFields, eventShown } from './eventShown.ts';

export interface ListWebhooksOptions {
  events: Pick<ReceivedEvents, 'list'>;
  clock: Pick<Clock, 'now'>;
}

const input = z.strictObject({
  verdict: z
    .enum(eventVerdicts)
    .optional()
    .describe('Only what was accepted, ignored, quarantined, or came again with other content.'),
  type: z
    .string()
    .regex(/^[a-z0-9_.]{1,200}$/)
    .optional()
    .describe('Only events of this type, for example checkout.session.completed.'),
  since: momentInput('Received at this time or later').default('24h'),
  until: momentInput('Received before this time').optional(),
  limit: z.int().min(1).max(200).default(50).describe('How many events a page has.'),
  cursor: z.uuid().optional().describe('Where to go on: `next` of the page before.'),
});
const output = z.strictObject({
  events: z.array(z.strictObject(eventFields)).describe('The latest first.'),
  next: z.string().nullable().describe('Where to go on; null at the end.'),
  since: z.string().describe('How far back it was looked for.'),
  lookedBackTo: z
    .string()
    .nullable()
    .describe('The page is short because enough was looked at for once: this far back. Go on from `next`.'),
});

/** What Stripe has sent, what became of it, and how late it came. */
export function createListWebhooks({
  events,
  clock,
}: ListWebhooksOptions): ReadOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'read',
    name: 'webhooks:list',
    permission: 'webhooks:read',
    summary: 'List the events that Stripe has sent, the latest first; the last day unless told otherwise',
    path: '/webhooks',
    input,
    output,
    async read({ verdict, type, since, until, limit, cursor }) {
      const now = clock.now();
      const from = momentOf(since, now, now);
      const page = await events.list(
        {
          from,
          before: until === undefined ? null : momentOf(until, now, now),
          ...(verdict === undefined ? {} : { verdict }),
          ...(type === undefined ? {} : { type }),
        },
        { limit, ...(cursor === undefined ? {} : { after: cursor }) },
      );
      return {
        events: page.events.map(eventShown),
        next: page.next,
        since: from.toISOString(),
        lookedBackTo: page.lookedBackTo?.toISOString() ?? null,
      };
    },
  };
}
