import { InvalidArgumentError } from 'commander';
import type { PlainJson } from '../../../domain/canonicalJson.ts';
import { safeDocument } from '../../output/safeText.ts';
import { type AdminRun, type Changed, schemaOf } from '../adminRun.ts';
import { changedDocument } from '../changed.ts';
import { type AdminCommand, argumentOf, type Given, option, textOf } from '../command.ts';
import { queryOf } from '../queryWords.ts';
import { planLines, type SeenPlan, planView } from './bulkView.ts';

/** `days=7`, more than once: numbers and yes or no as what they are. */
function readParam(text: string, before: Record<string, PlainJson> = {}): Record<string, PlainJson> {
  const [, name, value] = /^([A-Za-z]\w{0,99})=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('Write it as name=value, such as days=7.');
  const plain = /^-?\d{1,15}$/.test(value)
    ? Number(value)
    : value === 'true' || value === 'false'
      ? value === 'true'
      : value;
  return { ...before, [name]: plain };
}

const paramOption = option(
  '--param <name=value>',
  'what the action takes beside the order, such as days=7; repeatable',
);
paramOption.argParser(readParam);

export const planOutOption = option('--out <file>', 'write the plan into this new file, for bulk run');

const actions =
  'job:retry, job:hold, job:release, job:cancel, receipt:resend, links:reissue or downloads:extend';

export const planBulk: AdminCommand = {
  words: 'bulk plan',
  calls: ['bulk:plan'],
  changes: true,
  query: true,
  summary: 'pin what an action would do to all orders a query finds, and see what will come of it',
  about: `Does nothing yet. The query must be exact: by keys, states or a stretch of time. A plan is good for ten minutes.`,
  arguments: [
    ['<action>', actions],
    ['[query...]', 'which orders; see: fulfillment help query'],
  ],
  options: [paramOption, planOutOption],
  examples: [
    ["fulfillment bulk plan job:retry 'status:failed step:email created:<1d'", ''],
    ['fulfillment bulk plan receipt:resend reason:mailbox_full created:2026-11-22 --out plan.json', ''],
    ['fulfillment bulk plan downloads:extend created:2026-11-01..2026-11-07 --param days=14', ''],
  ],
  async run(run, given) {
    const [action = '', ...words] = given.arguments;
    const planned = await plan(run, { action, query: queryOf({ ...given, arguments: words }), given });
    if (planned) await showPlan(run, given, planned);
  },
};

export interface PlanWish {
  action: string;
  query: string;
  given: Given;
  /** Where the plan is only the first of two wishes. */
  requestId?: string;
}

export async function plan(
  run: AdminRun,
  { action, query, given, requestId }: PlanWish,
): Promise<Changed<SeenPlan> | undefined> {
  const params = given.options['param'];
  return run.change(
    {
      operation: 'bulk:plan',
      input: { action, query, ...(params === undefined ? {} : { params: params as PlainJson }) },
      would: `plan ${action} for what the query finds`,
      details: ['A plan does nothing until it is run.'],
      danger: { level: 'none' },
      ...(requestId === undefined ? {} : { requestId }),
    },
    planView,
  );
}

export async function showPlan(run: AdminRun, given: Given, planned: Changed<SeenPlan>): Promise<void> {
  const { runId, eligible, approvalNeeded, digest } = planned.seen;
  const document = changedDocument(planned);
  const file = textOf(given, 'out');
  if (file !== undefined)
    await run.writeFile(file, `${safeDocument({ schema: schemaOf('bulk plan'), ...document })}\n`);
  run.show(file === undefined ? document : { ...document, file }, (page) => planLines(planned.seen, page));
  if (eligible === 0) run.say('The action makes sense for none of them: nothing to run.');
  else if (approvalNeeded)
    run.say(`Next, somebody else: fulfillment bulk approve ${runId} (digest ${digest.slice(0, 12)}…)`);
  else run.say(`Next: fulfillment bulk run ${file ?? runId} --reason "<why>" --wait`);
}

export const retryFailedBulk: AdminCommand = {
  words: 'bulk retry-failed',
  calls: ['bulk:retry_failed'],
  changes: true,
  summary: 'plan the same action again for the items of a run that failed or were refused',
  about: 'Does nothing yet: run the plan afterwards.',
  arguments: [['<run>', 'id of the run']],
  options: [planOutOption],
  examples: [['fulfillment bulk retry-failed 0190c1de-0000-7000-8000-000000000001', '']],
  async run(run, given) {
    const runId = argumentOf(given);
    const planned = await run.change(
      {
        operation: 'bulk:retry_failed',
        input: { runId },
        would: `plan again what failed of run ${runId}`,
        details: ['A plan does nothing until it is run.'],
        danger: { level: 'none' },
      },
      planView,
    );
    if (planned) await showPlan(run, given, planned);
  },
};
