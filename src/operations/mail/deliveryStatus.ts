import { z } from 'zod';
import { deliveryStates } from '../../domain/deliveryState.ts';
import type { DeliveryWatch } from '../../ports/evidenceDesk.ts';
import type { ReadOperation } from '../frame/operation.ts';

const time = z.string().describe('ISO 8601, UTC.');
const count = (what: string) => z.int().describe(what);

const input = z.strictObject({});
const output = z.strictObject({
  at: time,
  lastDay: z
    .strictObject({
      none: count('Not taken by any provider yet.'),
      unproven: count('Taken by a provider whose word does not last; nothing proves them.'),
      accepted: count('Taken for good; nothing more was heard of them.'),
      delayed: count('On their way; the other side has put them off.'),
      delivered: count('Taken by the recipient’s own server.'),
      bounced: count('Came back.'),
      complained: count('Arrived, and were marked as spam.'),
    })
    .describe('Mails that were written within 24 hours, by what is known of them.'),
  unproven: z.strictObject({
    mails: count('Taken longer ago than that within three days, and nothing proves them.'),
    afterMinutes: count('After so many minutes a mail counts as unproven.'),
    oldestAt: time.nullable(),
  }),
  parked: count('Pieces of evidence that are about no mail that is known; they are dropped after a day.'),
  sources: z
    .array(
      z.strictObject({
        name: z.string(),
        polledAt: time.nullable().describe('When it was last read with success.'),
        failure: z.string().nullable().describe('Why it cannot be read; null: it can.'),
        failingSince: time.nullable(),
      }),
    )
    .describe('Mailboxes, journals and lists that are read for what becomes of mails.'),
});

/** What becomes of mails after they were handed over. */
export function createMailStatus(
  watch: DeliveryWatch,
  { unprovenAfterMs }: { unprovenAfterMs: number },
): ReadOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'read',
    name: 'mail:status',
    permission: 'status:read',
    summary: 'Show what became of mails that were sent: delivered, bounced, or proven by nothing yet',
    path: '/mail/status',
    input,
    output,
    async read() {
      const { at, lastDay, unproven, parked, sources } = await watch.read({ unprovenAfterMs });
      const counts = new Map(lastDay.map(({ delivery, mails }) => [delivery, mails]));
      const all = ['none', ...deliveryStates] as const;
      const iso = (when: Date | null) => when?.toISOString() ?? null;
      return {
        at: at.toISOString(),
        lastDay: Object.fromEntries(all.map((delivery) => [delivery, counts.get(delivery) ?? 0])) as Record<
          (typeof all)[number],
          number
        >,
        unproven: {
          mails: unproven.mails,
          afterMinutes: Math.round(unprovenAfterMs / 60_000),
          oldestAt: iso(unproven.oldestAt),
        },
        parked,
        sources: sources.map(({ name, polledAt, failure, failingSince }) => ({
          name,
          polledAt: iso(polledAt),
          failure,
          failingSince: iso(failingSince),
        })),
      };
    },
  };
}
