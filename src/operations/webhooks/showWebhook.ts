import { z } from 'zod';
import type { ReceivedEvents } from '../../ports/receivedEvents.ts';
import type { ReadOperation } from '../frame/operation.ts';
import { eventFields, eventIdInput, eventShown } from './eventShown.ts';
import { maskedPayload } from './maskedPayload.ts';
import { unknownEvent } from './unknownEvent.ts';

const input = z.strictObject({ eventId: eventIdInput });
const fields = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));
const output = z.strictObject({
  ...eventFields,
  bytes: z.enum(['kept', 'purged']),
  sizeBytes: z.int().nullable(),
  payload: z
    .strictObject({ event: fields, object: fields, hiddenFields: z.int() })
    .nullable()
    .describe('Ids, types, states and amounts alone; null where the bytes are purged or no JSON.'),
  conflicts: z
    .array(z.strictObject({ id: z.string(), receivedAt: z.string() }))
    .describe('What came under the same id with other content. The first one counts.'),
});

/** One event as it was received, without what a buyer typed. */
export function createShowWebhook(
  events: Pick<ReceivedEvents, 'find'>,
): ReadOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'read',
    name: 'webhooks:show',
    permission: 'webhooks:read',
    summary: 'Show one event: what became of it, and its ids, states and amounts',
    path: '/webhooks/:eventId',
    input,
    output,
    async read({ eventId }) {
      const event = await events.find(eventId);
      if (!event) throw unknownEvent();
      const { body, conflicts } = event;
      return {
        ...eventShown(event),
        bytes: body ? 'kept' : 'purged',
        sizeBytes: body?.byteLength ?? null,
        payload: (body && maskedPayload(body)) ?? null,
        conflicts: conflicts.map(({ id, receivedAt }) => ({ id, receivedAt: receivedAt.toISOString() })),
      };
    },
  };
}
