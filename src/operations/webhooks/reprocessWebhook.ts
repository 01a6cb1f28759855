import { z } from 'zod';
import type { Accepted, ReadEvent } from '../../ports/intakeStore.ts';
import type { KeptEvent, ReceivedEvents } from '../../ports/receivedEvents.ts';
import type { ChangeOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import { eventIdInput } from './eventShown.ts';
import { unknownEvent } from './unknownEvent.ts';

export interface ReprocessWebhookOptions {
  events: Pick<ReceivedEvents, 'findIn' | 'reprocess'>;
  /** The door's own way of reading. */
  read: ReadEvent;
}

const input = z.strictObject({ eventId: eventIdInput });
const output = z.strictObject({
  id: z.string(),
  eventId: z.string().nullable(),
  outcome: z
    .enum(['accepted', 'merged', 'unpaid', 'ignored', 'quarantined', 'duplicate', 'conflict'])
    .describe(
      'accepted: there is a job now. merged: its job was there, and has heard of it. duplicate: another event has its id.',
    ),
  reason: z.string().nullable().describe('Why it is not acted on, where it is not.'),
  before: z.strictObject({ verdict: z.string(), reason: z.string().nullable() }),
  jobId: z.string().nullable(),
});

/**
 * Reads an event that is kept once more, by today's rules, and does what they say: for one that could not be used before
 * something was mended. Only what was verified at a door is kept, so nothing else can come in here.
 */
export function createReprocessWebhook({
  events,
  read,
}: ReprocessWebhookOptions): ChangeOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'change',
    name: 'webhook:reprocess',
    permission: 'webhook:reprocess',
    summary: 'Read a received event once more by today’s rules, and act on it as if it came now',
    path: '/webhooks/:eventId/reprocess',
    reason: 'optional',
    input,
    output,
    target: ({ eventId }) => ({ kind: 'event', id: eventId }),
    async change(tx, { eventId }, by) {
      const kept = await events.findIn(tx, eventId);
      if (!kept) throw unknownEvent();
      const { event, purchase } = read(bytesOf(kept));
      const { outcome, jobId } = await events.reprocess(tx, kept.id, { event, purchase, actor: by.actor });
      const before = { verdict: kept.verdict, reason: kept.reason };
      const reason = purchase === null ? event.reason : reasonOf(outcome);
      return {
        output: { id: kept.id, eventId: kept.eventId ?? event.eventId, outcome, reason, before, jobId },
        before,
        after: { outcome, reason, jobId },
        details: { id: kept.id, type: event.type },
        work: jobId !== null,
      };
    },
  };
}

/** What can still be in the way of a purchase that was read well. */
const reasonOf = (outcome: Accepted['outcome']) =>
  outcome === 'quarantined' ? 'session_of_other_payment' : null;

function bytesOf(event: KeptEvent): Uint8Array {
  if (event.verdict === 'conflict')
    throw new Refusal({
      kind: 'wrong_state',
      code: 'event_conflict',
      field: 'eventId',
      detail: 'Another event came first under the same id with other content, and that one counts.',
      remedy: 'Look at both. If the other is wrong, ask Stripe which of them it sent.',
    });
  if (event.body) return event.body;
  throw new Refusal({
    kind: 'wrong_state',
    code: 'event_purged',
    field: 'eventId',
    detail:
      'The bytes of this event are gone: it is older than raw events are kept, or its buyer was forgotten.',
    remedy: 'Adopt the payment by its id, if it was never fulfilled.',
  });
}
