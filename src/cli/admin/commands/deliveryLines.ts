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
  unheard: z.looseObject({ mails: z.number(), oldestAt: time }).default({ mails: 0, oldestAt: null }),
  reports: z
    .array(
      z.looseObject({ provider: z.string(), expectedSince: time, lastReportAt: time, silent: z.boolean() }),
    )
    .default([]),
  parked: z.number(),
  expired: z.number().default(0),
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
  const { lastDay, unproven, unheard, reports, sources, parked, expired } = seen;
  const counts = Object.entries(words).map(([state, label]): [string, string | null] => {
    const mails = lastDay[state as keyof typeof words];
    return [label, mails === 0 ? null : String(mails)];
  });
  const none = counts.every(([, mails]) => mails === null);
  const titled = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ['', paint.dim(title), ...lines];
  return [
    ...titled('MAILS OF 24 HOURS', none ? ['none'] : factLines(counts, paint.dim)),
    ...titled(`NOT PROVEN AFTER ${unproven.afterMinutes} MIN`, awaitedLines(unproven, page)),
    ...titled(`ACCEPTED, NO DELIVERY EVENT AFTER ${unproven.afterMinutes} MIN`, awaitedLines(unheard, page)),
    ...titled(
      'LAST REPORT',
      factLines(
        reports.map((report): [string, string] => [report.provider, reportText(report, page)]),
        paint.dim,
      ),
    ),
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
    ...(parked + expired === 0
      ? []
      : [
          '',
          `${parked} reports are about no mail that is known here; ${expired} more have been dropped after a day.`,
        ]),
  ];
}

function awaitedLines(
  { mails, oldestAt }: { mails: number; oldestAt: string | null },
  { paint, now }: Page,
): string[] {
  if (mails === 0) return [];
  return factLines(
    [
      ['mails', String(mails)],
      ['oldest', oldestAt && timeText(oldestAt, now)],
    ],
    paint.dim,
  );
}

function reportText(
  { expectedSince, lastReportAt, silent }: z.infer<typeof deliveryView>['reports'][number],
  { paint, now }: Page,
): string {
  const last = lastReportAt === null ? 'none has come yet' : timeText(lastReportAt, now);
  if (expectedSince === null) return `${last}; its reports are not read any more`;
  return silent ? paint.red(`${last}; silent, though it has mails to report of`) : last;
}
