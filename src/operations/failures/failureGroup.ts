import { z } from 'zod';
import { parseSearch } from '../../domain/search/parse.ts';
import { printSearch } from '../../domain/search/print.ts';
import type { SearchTerm } from '../../domain/search/query.ts';
import { clause, reasonText, undoneText } from '../../domain/troubleWords.ts';
import type { FailureGroup } from '../../ports/failures.ts';

const text = z.string().nullable();

export const shownFailure = z.strictObject({
  fingerprint: z.string().describe('Stands for state, step, reason and provider together.'),
  state: z.enum(['failed', 'blocked']),
  step: text,
  reason: z.string(),
  provider: text,
  summary: z.string().describe('In words.'),
  jobs: z.int(),
  payments: z.int().describe('Distinct ones.'),
  amounts: z
    .array(z.strictObject({ currency: z.string(), amountMinor: z.number() }))
    .describe('Of the distinct payments, minor units.'),
  firstSeenAt: z.string(),
  lastSeenAt: z.string(),
  sampleJobIds: z.array(z.string()),
  query: text.describe('The search that selects them, for orders:search and bulk:plan; null when none can.'),
});
export type ShownFailure = z.infer<typeof shownFailure>;

export function shownFailureOf(group: FailureGroup): ShownFailure {
  return {
    ...group,
    summary: summaryOf(group),
    firstSeenAt: group.firstSeenAt.toISOString(),
    lastSeenAt: group.lastSeenAt.toISOString(),
    query: queryOf(group),
  };
}

function summaryOf({ step, reason, provider, jobs }: FailureGroup): string {
  const what =
    step === null ? 'something is not done' : undoneText(step, { effects: [], lines: 1, unknown: false });
  const by = provider === null ? '' : ` (${provider})`;
  return clause(`${jobs === 1 ? 'Of 1 job' : `Of ${jobs} jobs`} ${what}: ${reasonText(reason)}${by}`);
}

/** One that names no provider finds those of every provider: a search cannot ask for none. */
function queryOf({ state, step, reason, provider }: FailureGroup): string | null {
  const term = (qualifier: 'status' | 'step' | 'reason' | 'provider', value: string): SearchTerm => ({
    qualifier,
    negated: false,
    values: [value],
  });
  const query = printSearch({
    keys: [],
    words: [],
    terms: [
      term('status', state),
      ...(step === null ? [] : [term('step', step)]),
      term('reason', reason),
      ...(provider === null ? [] : [term('provider', provider)]),
    ],
  });
  // A name that the search box would not take is nothing to hand on.
  return parseSearch(query, { steps: [], reasons: [], providers: [] }).ok ? query : null;
}
