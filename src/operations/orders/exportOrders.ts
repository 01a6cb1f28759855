import { z } from 'zod';
import { decimalText } from '../../domain/money.ts';
import { printSearch } from '../../domain/search/print.ts';
import type { SearchQuery } from '../../domain/search/query.ts';
import { type FoundPage, searchPageMax } from '../../ports/search.ts';
import { csvLine } from '../audit/csv.ts';
import type { ReadOperation } from '../frame/operation.ts';
import { boundSentence } from './boundSentence.ts';
import { foundOrder, type FoundOrder, foundOrderOf } from './foundOrder.ts';
import { badCursor, readQuery } from './readQuery.ts';
import { boundOutput, queryInput, type SearchOrdersOptions } from './searchOrders.ts';

/** The most rows of one export. */
export const exportRowsMax = 10_000;
/** Pages may be short where much is looked at and little found: after so many the export ends, and says so. */
const pagesMax = 150;

const input = z.strictObject({
  q: queryInput.describe('The search whose orders are exported, as orders:search takes it.'),
  format: z
    .enum(['rows', 'csv'])
    .default('rows')
    .describe('`rows`: objects, one a line in NDJSON. `csv`: one text, safe to open in a spreadsheet.'),
});
const output = z.strictObject({
  query: z.string(),
  bound: boundOutput,
  asOf: z.string(),
  count: z.int(),
  complete: z.boolean().describe(`False: there are more than ${exportRowsMax}, or too much to look at.`),
  rows: z.array(foundOrder).nullable().describe('Null where CSV was asked for.'),
  csv: z.string().nullable().describe('Null where rows were asked for.'),
});

/** The orders of a search, all of them, masked as on the screen. Who has taken them is kept. */
export function createExportOrders({
  search,
  clock,
}: SearchOrdersOptions): ReadOperation<z.infer<typeof input>, z.infer<typeof output>> {
  async function collect(query: SearchQuery) {
    const rows: FoundOrder[] = [];
    const now = clock.now();
    let first: FoundPage | undefined;
    let cursor: string | undefined;
    for (let pages = 0; pages < pagesMax && rows.length < exportRowsMax; pages += 1) {
      const limit = Math.min(searchPageMax, exportRowsMax - rows.length);
      const answer = await search.search({ query, limit, now, ...(cursor !== undefined && { cursor }) });
      if (!answer.ok) throw badCursor();
      first ??= answer.page;
      rows.push(...answer.page.jobs.map(foundOrderOf));
      cursor = answer.page.next ?? undefined;
      if (cursor === undefined) break;
    }
    return { rows, bound: first?.bound ?? { kind: 'keys' as const }, now, complete: cursor === undefined };
  }

  return {
    kind: 'read',
    name: 'orders:export',
    permission: 'orders:export',
    summary: `Take the orders of a search away as rows or CSV, at most ${exportRowsMax}, masked; who did, and why, is kept`,
    path: '/orders/export',
    input,
    output,
    audited: ({ q, format }) => ({
      target: null,
      reason: 'required',
      // What was searched for may be a buyer's address: its length says that something was.
      details: ({ count, complete }) => ({ rows: count, complete, format, queryLength: q.length }),
    }),
    async read({ q, format }) {
      const query = await readQuery(search, q);
      const { rows, bound, now, complete } = await collect(query);
      return {
        query: printSearch(query),
        bound: { kind: bound.kind, sentence: boundSentence({ bound, searchedBackTo: null }) },
        asOf: now.toISOString(),
        count: rows.length,
        complete,
        rows: format === 'rows' ? rows : null,
        csv: format === 'csv' ? csvOf(rows) : null,
      };
    },
  };
}

const columns: ReadonlyArray<readonly [name: string, cell: (row: FoundOrder) => string | null]> = [
  ['order_id', (row) => row.orderId],
  ['job_id', (row) => row.jobId],
  ['kind', (row) => row.kind],
  ['status', (row) => row.status],
  ['state', (row) => row.state],
  ['reason', (row) => row.reason],
  ['failed_step', (row) => row.failedStep],
  ['payment', (row) => row.paymentKey],
  ['mode', (row) => (row.livemode === null ? null : row.livemode ? 'live' : 'test')],
  ['amount', amountText],
  ['currency', (row) => row.currency?.toUpperCase() ?? null],
  ['buyer', (row) => row.buyer],
  ['receipt', (row) => row.receiptNumber],
  ['created_at', (row) => row.createdAt],
  ['sla_deadline', (row) => row.slaDeadline],
  ['finished_at', (row) => row.finishedAt],
];

function amountText({ amountMinor, currency }: FoundOrder): string | null {
  return amountMinor === null || currency === null ? null : decimalText({ amountMinor, currency });
}

const csvOf = (rows: readonly FoundOrder[]) =>
  csvLine(columns.map(([name]) => name)) +
  rows.map((row) => csvLine(columns.map(([, cell]) => cell(row) ?? ''))).join('');
