import { qualifiers, searchFlags } from '../domain/search/query.ts';

const examplesOf: Record<(typeof qualifiers)[number], readonly [example: string, what: string]> = {
  status: ['status:failed,blocked', 'state of the job, or what support sees: pending_email'],
  step: ['step:email', 'where it waits or has failed'],
  reason: ['reason:mailbox_full', 'why it waits, is blocked or has failed'],
  provider: ['provider:storage', 'which vendor is involved'],
  age: ['age:>5m', 'how long an unfinished one waits'],
  amount: ['amount:>=20 amount:49EUR', 'what was paid, in main units'],
  created: ['created:2026-11-01..2026-11-22', 'when it came, UTC; also today, yesterday, <2d'],
  has: ['has:download', 'what there is of it, see below'],
};

const row = (left: string, right: string) => `  ${left.padEnd(32)}${right}`;

/** The grammar of the search box, which `orders search`, `orders export` and `bulk plan` share. */
export const queryHelp = `A query is made of keys, words and qualifiers, in any order.

Keys name one order, payment or buyer:
${row('pi_… cs_… ch_… evt_…', 'ids of Stripe')}
${row('R-2026/000123', 'a receipt')}
${row('anna@books.example', 'a buyer, exactly')}
${row('an order id, a job id', '')}

Words look for buyers who resemble them, typing errors included:
${row('ana@boks.example', 'a misspelt address')}
${row('anna kowalska', 'a name')}

Qualifiers narrow it down; all of them must hold. - in front turns one round:
${qualifiers.map((name) => row(...examplesOf[name])).join('\n')}
${row('-status:completed', 'not completed')}

Values of has:
${Object.entries(searchFlags)
  .map(([flag, what]) => row(flag, what))
  .join('\n')}

Examples:
  $ fulfillment orders search 'status:failed step:email created:<2d'
  $ fulfillment orders search 'ana@boks.example created:2026-11-01..2026-11-10'
  $ fulfillment orders search 'age:>5m -status:held amount:>=20'`;

export const jsonHelp = `With --json a command prints one JSON document on standard output, and nothing else there.

  "schema"   names the document and its version: "fulfillment/orders-show@1". Members are added without a new
             version; read what you know and leave the rest.
  times      are texts in UTC: "2026-11-22T14:05:09.123Z"
  amounts    are whole numbers in minor units, with their currency

A problem is one document on standard error, and standard output stays empty:

  { "schema": "fulfillment/problem@1", "kind": "changed", "code": "job_changed", "detail": "…",
    "remedy": "…", "field": "version", "changes": [{ "at": "…", "what": "…" }], "exitCode": 5 }

Nothing is ever asked with --json. A change needs --yes (or --confirm=<value>, where more than a yes is wanted), or it
ends with 5. With --dry-run the document is "fulfillment/dry-run@1" and tells what would be asked for.

Examples:
  $ fulfillment orders show R-2026/000123 --json | jq -r .status
  $ fulfillment orders search 'status:failed' --json | jq -r '.orders[].jobId'`;
