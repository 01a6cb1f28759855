import { z } from 'zod';
import { factLines } from '../../output/table.ts';
import { timeText } from '../../output/times.ts';
import type { Page } from '../adminRun.ts';

const time = z.string().nullable();

/** What the command line reads of mail:status. */
export const deliveryView = z.looseObject({
  lastDay: z.looseObject({
    none: z.number(),
    unproven: z.number(),
    accepted: z.number(),
    delayed: z.number(),
    delivered: z.number(),
    bounced: z.number(),
    complained: z.number(),
  }),
  unproven: z.looseObject({ mails: z.number(), afterMinutes: z.number(), oldestAt: time }),
  parked: z.number(),
  sources: z.array(
    z.looseObject({ name: z.string(), polledAt: time, failure: z.string().nullable(), failingSince: time }),
  ),
});

const words = {
  delivered: 'delivered',
  accepted: 'accepted',
  delayed: 'delayed',
  unproven: 'accepted, unproven',
  none: 'not taken yet',
  bounced: 'bounced',
  complained: 'marked as spam',
} as const;

/** What became of mails that were sent: states that no mail is in are left out. */
export function deliveryLines(seen: z.infer<typeof deliveryView>, page: Page): string[] {
  const { paint, now } = page;
  const { lastDay, unproven, sources, parked } = seen;
  const counts = Object.entries(words).map(([state, label]): [string, string | null] => {
    const mails = lastDay[state as keyof typeof words];
    return [label, mails === 0 ? null : String(mails)];
  });
  const none = counts.every(([, mails]) => mails === null);
  const titled = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ['', paint.dim(title), ...lines];
  return [
    ...titled('MAILS OF 24 HOURS', none ? ['none'] : factLines(counts, paint.dim)),
    ...(unproven.mails === 0
      ? []
      : titled(`NOT PROVEN AFTER ${unproven.afterMinutes} MIN`, [
          ...factLines(
            [
              ['mails', String(unproven.mails)],
              ['oldest', unproven.oldestAt && timeText(unproven.oldestAt, now)],
            ],
            paint.dim,
          ),
        ])),
    ...titled(
      'READ FOR WHAT BECOMES OF THEM',
      factLines(
        sources.map(({ name, polledAt, failure, failingSince }): [string, string] => [
          name,
          failure === null
            ? `read ${polledAt === null ? 'never' : timeText(polledAt, now)}`
            : `failing since ${failingSince === null ? 'just now' : timeText(failingSince, now)}: ${failure}`,
        ]),
        paint.dim,
      ),
    ),
    ...(parked === 0 ? [] : ['', `${parked} reports are about no mail that is known here.`]),
  ];
}
