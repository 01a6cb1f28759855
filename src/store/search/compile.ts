import type { SearchTerm } from '../../domain/search/query.ts';
import { asksWhere, conditionOf, type ConditionContext, whereItStands } from './conditions.ts';
import type { Position } from './cursor.ts';
import { createParameters, type Parameters } from './parameters.ts';
import type { SearchPlan } from './plan.ts';
import { resemblanceMin } from './similarBuyers.ts';

export interface Statement {
  text: string;
  values: unknown[];
}

export interface PageStatements {
  /** The page, and one row more when there is another page. */
  page: Statement;
  /** The last job that was looked at, if as many as may be were: asked when the page is not full. */
  edge: Statement;
}

export interface CompileOptions extends Omit<ConditionContext, 'parameters'> {
  plan: SearchPlan;
  terms: readonly SearchTerm[];
  /** What the buyers of keys must resemble; null when nobody said. */
  buyerText: string | null;
  after: Position | null;
  limit: number;
  /** The most jobs to look at for one page. */
  scopeMax: number;
}

const comparedBuyer = (text: string, parameters: Parameters) =>
  `(select max(fulfillment.resemblance(fulfillment.fold_for_search(${parameters.add(text, 'text')}), b.search_text))
      from fulfillment.ebook_entitlements e join fulfillment.profiles b on b.id = e.profile_id
     where e.payment_id = j.payment_id) >= ${resemblanceMin}`;

function conditionsOf(options: CompileOptions, parameters: Parameters): string[] {
  const { terms, buyerText } = options;
  return [
    ...terms.map((term) => conditionOf(term, { ...options, parameters })),
    ...(terms.some((term) => term.qualifier === 'age') ? [`j.state in ('open', 'blocked', 'held')`] : []),
    ...(buyerText === null ? [] : [comparedBuyer(buyerText, parameters)]),
  ];
}

/**
 * A page of a search as SQL. The limits inside keep it to index look-ups in the page's order: the scope is read from an
 * index and no further than needed, and each job, payment and step is then found by its key.
 */
export function compilePage(options: CompileOptions): PageStatements {
  const { plan, after, scopeMax } = options;
  const parameters = createParameters();
  const scope = plan.scope(parameters, { window: plan.window, after, max: scopeMax });
  const ofScope = parameters.values.length;
  const order = (alias: string) => `${plan.ranked ? `${alias}.likeness desc, ` : ''}${alias}.id desc`;

  const page = `select found.*, ${details}
  from (select s.id, s.likeness, j.kind, j.payment_id, j.state, j.reason, j.failed_step, j.plan_id, j.mail_unproven,
               j.sla_deadline, j.created_at, j.finished_at, j.order_snapshot,
               p.order_id, p.payment_key, p.livemode, p.amount, p.currency
          from (${scope}) s
         cross join lateral (select * from fulfillment.fulfillment_jobs k where k.id = s.id limit 1) j
          left join lateral (select * from fulfillment.payments k where k.id = j.payment_id limit 1) p on true
          ${options.terms.some(asksWhere) ? whereItStands : ''}
         where ${[...conditionsOf(options, parameters), 'true'].join(' and ')}
         order by ${order('s')} limit ${parameters.add(options.limit + 1, 'bigint')}) found
 order by ${order('found')}`;

  const edgeParameters = createParameters();
  edgeParameters.values.push(...parameters.values.slice(0, ofScope));
  const edge = `select s.id, s.likeness from (${scope}) s
    order by ${order('s')} offset ${edgeParameters.add(scopeMax - 1, 'bigint')} limit 1`;
  return {
    page: { text: page, values: parameters.values },
    edge: { text: edge, values: edgeParameters.values },
  };
}

/** What is read of the jobs that are shown, and of no others. */
const details = `
    (select x.definition from fulfillment.fulfillment_plans x where x.id = found.plan_id) as plan,
    (select jsonb_agg(jsonb_build_object('step', x.step, 'state', x.state, 'attempts', x.attempts))
       from fulfillment.fulfillment_job_steps x where x.job_id = found.id) as steps,
    (select jsonb_build_object('series', x.series, 'number', x.number)
       from fulfillment.receipts x where x.payment_id = found.payment_id limit 1) as receipt,
    (select b.email from fulfillment.ebook_entitlements e join fulfillment.profiles b on b.id = e.profile_id
      where e.payment_id = found.payment_id order by e.line_no limit 1) as profile_email,
    found.order_snapshot -> 'buyer' ->> 'email' as order_email,
    (select x.due_at from fulfillment.fulfillment_dispatch x where x.job_id = found.id limit 1) as due_at`;
