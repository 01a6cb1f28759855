import { z } from 'zod';
import { factLines } from '../../output/table.ts';
import { durationText, relativeText, timeText } from '../../output/times.ts';
import { membersOf, type Page } from '../adminRun.ts';
import { changedDocument } from '../changed.ts';
import { type AdminCommand, argumentOf, numberOf, option, textOf } from '../command.ts';
import { inputOf } from '../inputOf.ts';
import { cursorOption, limitOption, listingLines, sayMore } from '../listing.ts';

const event = z.looseObject({
  id: z.string(),
  eventId: z.string().nullable(),
  type: z.string().nullable(),
  verdict: z.string(),
  reason: z.string().nullable(),
  occurredAt: z.string().nullable(),
  receivedAt: z.string(),
  lagSeconds: z.number().nullable(),
  reprocessedAt: z.string().nullable(),
  order: z
    .looseObject({ orderId: z.string(), jobId: z.string().nullable(), jobState: z.string().nullable() })
    .nullable(),
});
const eventsView = z.looseObject({
  events: z.array(event),
  next: z.string().nullable(),
  since: z.string(),
  lookedBackTo: z.string().nullable(),
});

const list: AdminCommand = {
  words: 'webhooks list',
  calls: ['webhooks:list'],
  changes: false,
  summary: 'show the events that Stripe has sent, the latest first; the last day unless told otherwise',
  options: [
    option('--verdict <verdict>', 'only what became this', {
      choices: ['accepted', 'ignored', 'quarantined', 'conflict'],
    }),
    option('--type <type>', 'only of this type, such as checkout.session.completed'),
    option('--since <time>', 'received from then on: 2026-11-22, 24h or 7d (24h)'),
    option('--until <time>', 'received before then'),
    limitOption(50),
    cursorOption,
  ],
  examples: [
    ['fulfillment webhooks list --verdict quarantined --since 7d', 'what could not be used'],
    ['fulfillment webhooks list --type payment_intent.succeeded', ''],
  ],
  async run(run, given) {
    const input = inputOf({
      verdict: textOf(given, 'verdict'),
      type: textOf(given, 'type'),
      since: textOf(given, 'since'),
      until: textOf(given, 'until'),
      limit: numberOf(given, 'limit'),
      cursor: textOf(given, 'cursor'),
    });
    const { raw, seen } = await run.read('webhooks:list', input, eventsView);
    run.show(membersOf(raw), (page) =>
      listingLines(
        {
          columns: [
            { title: 'RECEIVED' },
            { title: 'EVENT', cutFirst: 1 },
            { title: 'TYPE', cutFirst: 4 },
            { title: 'VERDICT', cutFirst: 2 },
            { title: 'LATE', align: 'right' },
            { title: 'ORDER', cutFirst: 3 },
          ],
          rows: seen.events.map((one) => [
            relativeText(one.receivedAt, page.now),
            one.eventId ?? one.id,
            one.type ?? '',
            one.reason === null ? one.verdict : `${one.verdict}: ${one.reason}`,
            one.lagSeconds === null ? '' : durationText(one.lagSeconds),
            one.order?.orderId ?? '',
          ]),
          empty: `No such event was received since ${timeText(seen.since, page.now)}.`,
        },
        page,
      ),
    );
    if (seen.lookedBackTo !== null)
      run.say(`It was looked back to ${timeText(seen.lookedBackTo, run.now())} so far.`);
    sayMore(run, seen.next);
  },
};

const scalars = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));
const eventView = event.extend({
  bytes: z.string(),
  sizeBytes: z.number().nullable(),
  payload: z.looseObject({ event: scalars, object: scalars, hiddenFields: z.number() }).nullable(),
  conflicts: z.array(z.looseObject({ id: z.string(), receivedAt: z.string() })),
});

const show: AdminCommand = {
  words: 'webhooks show',
  calls: ['webhooks:show'],
  changes: false,
  summary: 'show one event: what became of it, and its ids, states and amounts',
  arguments: [['<event>', 'evt_… as Stripe names it, or the id of the list']],
  examples: [['fulfillment webhooks show evt_1Q2w3e4r5t', '']],
  async run(run, given) {
    const { raw, seen } = await run.read('webhooks:show', { eventId: argumentOf(given) }, eventView);
    run.show(membersOf(raw), (page) => eventLines(seen, page));
    if (seen.order?.jobId) run.say(`Next: fulfillment orders show ${seen.order.jobId}`);
    else if (seen.verdict === 'quarantined')
      run.say(`Next: fulfillment webhooks reprocess ${seen.eventId ?? seen.id}`);
  },
};

function eventLines(seen: z.infer<typeof eventView>, { now, paint }: Page): string[] {
  const verdict = seen.reason === null ? seen.verdict : `${seen.verdict}: ${seen.reason}`;
  const painted = seen.verdict === 'accepted' ? paint.green(verdict) : paint.yellow(verdict);
  const facts = (values: z.infer<typeof scalars>) =>
    factLines(
      Object.entries(values).map(([name, value]) => [`  ${name}`, String(value)]),
      paint.dim,
    );
  return [
    `${seen.type ?? 'An event'}: ${painted}`,
    '',
    ...factLines(
      [
        ['event', seen.eventId ?? seen.id],
        ['made', seen.occurredAt && timeText(seen.occurredAt, now)],
        ['received', timeText(seen.receivedAt, now)],
        ['reprocessed', seen.reprocessedAt && timeText(seen.reprocessedAt, now)],
        ['order', seen.order && `${seen.order.orderId} ${seen.order.jobState ?? ''}`],
        ['bytes', seen.sizeBytes === null ? seen.bytes : `${seen.sizeBytes}, ${seen.bytes}`],
      ],
      paint.dim,
    ),
    ...seen.conflicts.map(({ id, receivedAt }) =>
      paint.yellow(`Other content came under the same id: ${id}, ${timeText(receivedAt, now)}`),
    ),
    ...(seen.payload === null
      ? []
      : [
          '',
          `event (${seen.payload.hiddenFields} fields are not shown)`,
          ...facts(seen.payload.event),
          'object',
          ...facts(seen.payload.object),
        ]),
  ];
}

const reprocess: AdminCommand = {
  words: 'webhooks reprocess',
  calls: ['webhook:reprocess'],
  changes: true,
  summary: 'read a received event once more by today’s rules, and act on it as if it came now',
  arguments: [['<event>', 'evt_… as Stripe names it, or the id of the list']],
  examples: [['fulfillment webhooks reprocess evt_1Q2w3e4r5t --reason "catalogue mended"', '']],
  async run(run, given) {
    const eventId = argumentOf(given);
    const changed = await run.change(
      {
        operation: 'webhook:reprocess',
        input: { eventId },
        would: `read ${eventId} once more and act on it`,
        details: ['What was fulfilled already is not fulfilled again.'],
        danger: { level: 'yes' },
      },
      z.looseObject({ outcome: z.string(), reason: z.string().nullable(), jobId: z.string().nullable() }),
    );
    if (!changed) return;
    const { outcome, reason, jobId } = changed.seen;
    run.show(changedDocument(changed), () => [reason === null ? outcome : `${outcome}: ${reason}`]);
    if (jobId !== null) run.say(`Next: fulfillment orders show ${jobId}`);
  },
};

export const webhookCommands: readonly AdminCommand[] = [list, show, reprocess];
