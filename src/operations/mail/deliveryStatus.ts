import { z } from 'zod';
import { deliveryStates } from '../../domain/deliveryState.ts';
import { isSilent, listenedSince } from '../../domain/mailSilence.ts';
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
    mails: count(
      'Taken longer ago than that, and nothing proves them; without those that were acknowledged.',
    ),
    afterMinutes: count('After so many minutes a mail counts as unproven.'),
    oldestAt: time.nullable(),
  }),
  unheard: z
    .strictObject({
      mails: count('How many; without those that were acknowledged.'),
      oldestAt: time.nullable(),
    })
    .describe(
      'Accepted as long ago as that by a provider that reports each mail, and it has reported nothing of them.',
    ),
  reports: z
    .array(
      z.strictObject({
        provider: z.string(),
        expectedSince: time.nullable().describe('Since when its reports are read; null: they are not.'),
        lastReportAt: time.nullable().describe('When the last authentic one came; null: none ever has.'),
        awaiting: count('Mails that it took since, as long ago as that, and of which nothing was heard.'),
        silent: z.boolean().describe('Nothing has come for long, though it has mails to report of.'),
      }),
    )
    .describe('Providers that report by a signed webhook.'),
  parked: count('Pieces of evidence that are about no mail that is known; they are dropped after a day.'),
  expired: count('Of those, how many have been dropped so far, since the database was set up.'),
  lastExpiredAt: time.nullable().describe('When the last of them was dropped.'),
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
      const standing = await watch.read({ unprovenAfterMs });
      const { at, lastDay, unproven, unheard, reports, parked, expired, lastExpiredAt, sources } = standing;
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
        unheard: { mails: unheard.mails, oldestAt: iso(unheard.oldestAt) },
        reports: reports.map(({ provider, expectedSince, heardAt, awaiting }) => ({
          provider,
          expectedSince: iso(expectedSince),
          lastReportAt: iso(heardAt),
          awaiting,
          silent: isSilent(
            { since: listenedSince({ expectedSince, heardAt }), awaiting, now: at },
            unprovenAfterMs,
          ),
        })),
        parked,
        expired,
        lastExpiredAt: iso(lastExpiredAt),
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
