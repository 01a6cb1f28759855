import { z } from 'zod';
import type { JsonObject } from '../../ports/step.ts';
import type { By, ChangeOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import { jobInput } from '../jobs/jobInput.ts';
import { queryTextMax } from '../orders/readQuery.ts';
import { type BulkAction, bulkActionNames } from './bulkActions.ts';
import { type BulkOperationsOptions, defaultItemsMax } from './bulkOptions.ts';
import { findItems } from './findItems.ts';
import { actionOf, insistOnPermission } from './mayStart.ts';
import { pinPlan, type PlanOutput, planOutput } from './pinPlan.ts';

const input = z.strictObject({
  action: z.enum(bulkActionNames).describe('What to do with each order: the name of the operation on one.'),
  query: z
    .string()
    .max(queryTextMax)
    .describe('Which orders, as the search box takes it: exact, and bounded by keys, states or time.'),
  params: z
    .record(z.string().max(100), z.union([z.string().max(1_000), z.int(), z.boolean()]))
    .default({})
    .describe('What the action takes beside the order, for example {"days": 7} for downloads:extend.'),
});

/** Looks what an action on everything a query finds would do, and pins it. Nothing else is changed. */
export function createPlanBulk(
  options: BulkOperationsOptions,
): ChangeOperation<z.infer<typeof input>, PlanOutput> {
  const { actions, planning, clock, itemsMax = defaultItemsMax } = options;
  return {
    kind: 'change',
    name: 'bulk:plan',
    permission: 'bulk:plan',
    summary:
      'Pin what an action would do to all orders a query finds, and see what will come of it; does nothing yet',
    path: '/bulk/plans',
    reason: 'optional',
    input,
    output: planOutput,
    target: ({ action }) => ({ kind: 'operation', id: action }),
    async change(tx, { action: name, query: text, params }, by: By) {
      const action = actionOf(actions, { action: name });
      insistOnPermission(action, by);
      insistOnParams(action, params);
      const { jobIds, query } = await findItems(planning.search(tx), { text, now: clock.now(), itemsMax });
      return pinPlan(options, tx, { action, params, jobIds, query, retryOf: null, by });
    },
  };
}

/** Any job will do to have the parameters checked by the operation's own schema. */
const someJob = { jobId: '00000000-0000-7000-8000-000000000000', version: 1 };

function insistOnParams(action: BulkAction, params: JsonObject): void {
  const pinned = Object.keys(jobInput).find((name) => Object.hasOwn(params, name));
  if (pinned !== undefined) throw badParams(pinned, 'The plan pins it.');
  const parsed = action.input.safeParse({ ...params, ...someJob });
  if (parsed.success) return;
  const [issue] = parsed.error.issues;
  const name = issue?.path.join('.') || (issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : '');
  throw badParams(name, issue?.message ?? 'Not valid.');
}

const badParams = (name: string, what: string) =>
  new Refusal({
    kind: 'invalid_input',
    code: 'invalid_params',
    field: name === '' ? 'params' : `params.${name}`,
    detail: what,
    remedy: 'See what the operation on one order takes beside the order.',
  });
