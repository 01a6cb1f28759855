import { z } from 'zod';
import { decimalText } from '../../../domain/money.ts';
import { exitCodes } from '../../exitCodes.ts';
import { relativeText } from '../../output/times.ts';
import { safeText } from '../../output/safeText.ts';
import { anything, membersOf, type Page } from '../adminRun.ts';
import { type AdminCommand, numberOf, option, textOf } from '../command.ts';
import { inputOf } from '../inputOf.ts';
import { cursorOption, limitOption, listingLines } from '../listing.ts';
import { queryOf } from '../queryWords.ts';
import { outOption, takeAway } from '../takeAway.ts';

const text = z.string().nullable();
const found = z.looseObject({
  jobId: z.string(),
  status: z.string(),
  state: z.string(),
  orderId: text,
  paymentKey: text,
  livemode: z.boolean().nullable(),
  amountMinor: z.number().nullable(),
  currency: text,
  buyer: text,
  receiptNumber: text,
  createdAt: z.string(),
  slaDeadline: z.string(),
  finishedAt: text,
});
const bound = z.looseObject({ sentence: z.string() });
const foundView = z.looseObject({
  orders: z.array(found),
  next: z.string().nullable(),
  bound,
  query: z.string(),
});
type Found = z.infer<typeof found>;

const query = ['[query...]', 'keys, words and qualifiers; see: fulfillment help query'] as const;

export const searchOrders: AdminCommand = {
  words: 'orders search',
  calls: ['orders:search'],
  changes: false,
  query: true,
  summary: 'find orders by id, receipt, address, words that resemble the buyer, and what is wrong with them',
  about: 'Without a query: the latest orders. The grammar: fulfillment help query',
  arguments: [query],
  options: [limitOption(25), cursorOption],
  examples: [
    ['fulfillment orders search ana@boks.example', 'a misspelt address'],
    ["fulfillment orders search 'status:failed step:email created:<2d'", ''],
    ['fulfillment orders search kowalska created:2026-11-01..2026-11-10 -status:completed', ''],
    ["fulfillment orders search 'age:>5m' --json | jq -r '.orders[].jobId'", ''],
  ],
  async run(run, given) {
    const input = inputOf({
      q: queryOf(given),
      limit: numberOf(given, 'limit'),
      cursor: textOf(given, 'cursor'),
    });
    const { raw, seen } = await run.read('orders:search', input, foundView);
    run.show(membersOf(raw), (page) => foundLines(seen.orders, page));
    run.say(seen.bound.sentence);
    if (seen.next !== null) run.say(`There is more: the same again with --cursor ${seen.next}`);
    const [first] = seen.orders;
    if (first) run.say(`Next: fulfillment orders show ${first.orderId ?? first.jobId}`);
  },
};

export function foundLines(orders: readonly Found[], page: Page): string[] {
  const colours: Record<string, (text: string) => string> = {
    completed: page.paint.green,
    failed: page.paint.red,
    blocked: page.paint.yellow,
    held: page.paint.yellow,
  };
  return listingLines(
    {
      columns: [
        { title: 'ORDER', cutFirst: 1 },
        { title: 'STATUS', cutFirst: 3 },
        { title: 'BUYER', cutFirst: 4 },
        { title: 'AMOUNT', align: 'right' },
        { title: 'ACCEPTED' },
        { title: 'RECEIPT', cutFirst: 2 },
      ],
      rows: orders.map((order) => [
        order.orderId ?? order.jobId,
        order.status,
        order.buyer ?? '',
        amountOf(order),
        `${relativeText(order.createdAt, page.now)}${isLate(order, page.now) ? ', late' : ''}`,
        order.receiptNumber ?? '',
      ]),
      empty: 'No order was found.',
      paint: (cell, column, row) =>
        column === 1 ? (colours[orders[row]?.state ?? '']?.(cell) ?? cell) : cell,
    },
    page,
  );
}

const amountOf = ({ amountMinor, currency, livemode }: Found) =>
  amountMinor === null || currency === null
    ? ''
    : `${decimalText({ amountMinor, currency })} ${currency.toUpperCase()}${livemode === false ? ' test' : ''}`;

const unfinished = new Set(['open', 'blocked', 'failed']);
const isLate = ({ state, slaDeadline }: Found, now: Date) =>
  unfinished.has(state) && Date.parse(slaDeadline) < now.getTime();

const exportView = z.looseObject({ count: z.number(), complete: z.boolean(), bound });

export const exportOrders: AdminCommand = {
  words: 'orders export',
  calls: ['orders:export'],
  changes: false,
  reason: true,
  query: true,
  summary: 'take the orders of a search away, masked, as JSON lines or CSV; that you did is in the audit',
  about: 'Needs a reason. Ends with 6 when there was more than one export takes.',
  arguments: [query],
  options: [option('--format <format>', 'ndjson or csv (ndjson)', { choices: ['ndjson', 'csv'] }), outOption],
  examples: [
    [
      'fulfillment orders export created:2026-11 --format csv --out november.csv --reason "closing the month"',
      '',
    ],
  ],
  async run(run, given) {
    await run.needReason('orders:export');
    const format = textOf(given, 'format') === 'csv' ? 'csv' : 'rows';
    const answer = await run.read('orders:export', { q: queryOf(given), format }, anything);
    const { count, complete, bound: looked } = exportView.parse(answer.raw);
    const { rows, csv } = answer.raw as { rows: object[] | null; csv: string | null };
    const lines = csv ?? (rows ?? []).map((row) => `${JSON.stringify(row)}\n`).join('');
    await takeAway(run, given, { raw: answer.raw, rows: count, text: lines });
    run.say(safeText(looked.sentence));
    if (complete) return exitCodes.ok;
    run.say('There is more than one export takes: narrow it down, for example by created:.');
    return exitCodes.partlyFailed;
  },
};
