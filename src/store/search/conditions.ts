import { minorDigits } from '../../domain/money.ts';
import { currencies } from '../../domain/search/amounts.ts';
import type { Range, SearchFlag, SearchTerm } from '../../domain/search/query.ts';
import { ageBounds, createdBounds, type TimeBounds } from '../../domain/search/times.ts';
import { withinWindow } from './idWindow.ts';
import type { Parameters } from './parameters.ts';

/**
 * Conditions on a row `j` of fulfillment_jobs, its payment `p`, and `at`: where an unfinished job stands. Look-ups in
 * other tables are scalar sub-selects with a limit, which stay look-ups by key: EXISTS may be turned into a join that
 * reads a whole table.
 */
export interface ConditionContext {
  parameters: Parameters;
  now: Date;
  /** Steps that go to a provider, by its name. */
  stepsOfProvider: ReadonlyMap<string, readonly string[]>;
}

const there = (select: string) => `(${select} limit 1) is not null`;
const ofPayment = (table: string, condition = 'true') =>
  there(`select 1 from fulfillment.${table} x where x.payment_id = j.payment_id and ${condition}`);

const flags: Record<SearchFlag, string> = {
  receipt: ofPayment('receipts'),
  mail: ofPayment('email_messages'),
  refused_mail: ofPayment('email_messages', `x.state = 'refused'`),
  unproven_mail: 'j.mail_unproven',
  repeated_mail: ofPayment('email_messages', 'x.ambiguities > 0'),
  files: ofPayment('stored_files'),
  download: there(
    `select 1 from fulfillment.ebook_entitlements x join fulfillment.downloads d on d.entitlement_id = x.id and not d.program
      where x.payment_id = j.payment_id`,
  ),
  revoked: ofPayment('ebook_entitlements', `x.state = 'revoked'`),
  finding: ofPayment('reconciliation_findings', `x.state = 'open'`),
};

/** The condition of a term. Null counts as no, so that its opposite finds everything else. */
export function conditionOf(term: SearchTerm, context: ConditionContext): string {
  const condition = positive(term, context);
  return term.negated ? `not coalesce((${condition}), false)` : `(${condition})`;
}

function positive(term: SearchTerm, context: ConditionContext): string {
  const { parameters, now } = context;
  switch (term.qualifier) {
    case 'status':
      return statusCondition(term.values, parameters);
    case 'step': {
      const steps = parameters.add(term.values, 'text[]');
      return `at.reachable && ${steps} or j.state = 'failed' and j.failed_step = any(${steps})`;
    }
    case 'reason': {
      const reasons = parameters.add(term.values, 'text[]');
      const ofStep = there(
        `select 1 from fulfillment.fulfillment_job_steps x
          where x.job_id = j.id and x.state in ('waiting', 'blocked', 'failed') and x.reason = any(${reasons})`,
      );
      return `j.reason = any(${reasons}) or ${ofStep}`;
    }
    case 'provider':
      return providerCondition(term.values, context);
    case 'has':
      return term.values.map((flag) => flags[flag as SearchFlag]).join(' or ');
    case 'age':
      // Whether it is unfinished is asked beside this one, negated or not.
      return inTime(ageBounds(term.range, now), parameters);
    case 'created':
      return inTime(createdBounds(term.range, now), parameters);
    case 'amount':
      return amountCondition(term, parameters);
  }
}

const inTime = (bounds: TimeBounds, parameters: Parameters) => withinWindow('j.id', bounds, null, parameters);

function statusCondition(values: string[], parameters: Parameters): string {
  const states = values.filter((value) => !value.startsWith('pending_'));
  const steps = values.flatMap((value) =>
    value.startsWith('pending_') && value !== 'pending_retry' ? [value.slice('pending_'.length)] : [],
  );
  return [
    ...(states.length > 0 ? [`j.state = any(${parameters.add(states, 'text[]')})`] : []),
    ...(values.includes('pending_retry') ? [`j.state = 'open' and at.attempts > 0`] : []),
    ...(steps.length > 0
      ? [`j.state = 'open' and at.attempts = 0 and at.step = any(${parameters.add(steps, 'text[]')})`]
      : []),
  ].join(' or ');
}

/** A provider is involved where something was told of it, or where a step waits that will go to it. */
function providerCondition(values: string[], { parameters, stepsOfProvider }: ConditionContext): string {
  const told = there(
    `select 1 from fulfillment.fulfillment_job_events x
      where x.job_id = j.id and x.data ->> 'provider' = any(${parameters.add(values, 'text[]')})`,
  );
  const steps = values.flatMap((value) => stepsOfProvider.get(value) ?? []);
  return steps.length === 0 ? told : `at.reachable && ${parameters.add(steps, 'text[]')} or ${told}`;
}

const codesWith = (digits: number) =>
  currencies.filter((code) => minorDigits(code) === digits).map((code) => code.toLowerCase());

const sqlOperators = { '<': '<', '<=': '<=', '>': '>', '>=': '>=' } as const;

/** Amounts are compared in thousandths of the main unit, which every minor unit is a whole number of. */
function amountCondition(
  { range, currency }: Extract<SearchTerm, { qualifier: 'amount' }>,
  parameters: Parameters,
): string {
  const thousandths = `p.amount * (case when p.currency = any(${parameters.add(codesWith(0), 'text[]')}) then 1000
    when p.currency = any(${parameters.add(codesWith(3), 'text[]')}) then 1 else 10 end)`;
  const amount = compared(thousandths, range, (value) => parameters.add(value, 'bigint'));
  if (currency === null) return amount;
  return `p.currency = ${parameters.add(currency.toLowerCase(), 'text')} and ${amount}`;
}

function compared(left: string, range: Range<number>, add: (value: number) => string): string {
  switch (range.kind) {
    case 'is':
      return `${left} = ${add(range.value)}`;
    case 'compare':
      return `${left} ${sqlOperators[range.operator]} ${add(range.value)}`;
    case 'between':
      return `${left} between ${add(range.from)} and ${add(range.to)}`;
  }
}

/** Whether a term asks where an unfinished job stands. */
export function asksWhere(term: SearchTerm): boolean {
  switch (term.qualifier) {
    case 'step':
    case 'provider':
      return true;
    case 'status':
      return term.values.some((value) => value.startsWith('pending_'));
    default:
      return false;
  }
}

/**
 * Where an unfinished job stands: its reachable steps, and of those the first that holds it up with how often it was
 * tried. The same rule as `reachableSteps` and `supportStatus` of domain/job.ts.
 */
export const whereItStands = `left join lateral (
  select array_agg(planned.name order by planned.ordinal) as reachable,
         (array_agg(planned.name order by planned.ordinal) filter (where planned.holds))[1] as step,
         (array_agg(planned.attempts order by planned.ordinal) filter (where planned.holds))[1] as attempts
    from (select array_agg(x.step) filter (where x.state in ('done', 'skipped')) as settled,
                 array_agg(x.step) filter (where x.state in ('done', 'skipped', 'failed')) as ended,
                 jsonb_object_agg(x.step, x.attempts) as tried
            from fulfillment.fulfillment_job_steps x where x.job_id = j.id) known
   cross join lateral (
         select plan.value ->> 'name' as name, (plan.value ->> 'holds')::boolean as holds, plan.ordinal,
                coalesce((known.tried ->> (plan.value ->> 'name'))::integer, 0) as attempts,
                plan.value -> 'needs' as needs
           from fulfillment.fulfillment_plans p
          cross join lateral jsonb_array_elements(p.definition -> 'steps') with ordinality plan(value, ordinal)
          where p.id = j.plan_id) planned
   where planned.name <> all(coalesce(known.ended, '{}'))
     and planned.needs <@ to_jsonb(coalesce(known.settled, '{}'))
) at on j.state in ('open', 'blocked', 'held')`;
