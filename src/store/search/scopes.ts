import type { JobState } from '../../domain/job.ts';
import type { SearchKey } from '../../domain/search/query.ts';
import type { TimeBounds } from '../../domain/search/times.ts';
import type { Position } from './cursor.ts';
import { withinWindow } from './idWindow.ts';
import type { Parameters } from './parameters.ts';

/**
 * What one page of a search looks at, at most: rows `(id, likeness)` of jobs, in the order of the page. Each scope is
 * read from an index in that order, so that its limit bounds the work.
 */
export type Scope = (parameters: Parameters, page: ScopePage) => string;

export interface ScopePage {
  window: TimeBounds;
  after: Position | null;
  /** The most jobs to look at. */
  max: number;
}

/** Jobs by when they were accepted. */
export const jobsInTime: Scope = (parameters, { window, after, max }) =>
  `select j.id, null::integer as likeness from fulfillment.fulfillment_jobs j
    where ${withinWindow('j.id', window, after?.id ?? null, parameters)}
    order by j.id desc limit ${parameters.add(max, 'bigint')}`;

/** Jobs that stand in one of these states: found where such jobs are kept, however many others there are. */
export function jobsInStates(states: readonly JobState[]): Scope {
  return (parameters, { window, after, max }) => {
    const limit = parameters.add(max, 'bigint');
    const within = (column: string) => withinWindow(column, window, after?.id ?? null, parameters);
    const parts = states
      .filter((state) => state !== 'open')
      .map(
        (state) => `(select j.id from fulfillment.fulfillment_jobs j
           where j.attention = ${parameters.add(state, 'text')} and ${within('j.id')}
           order by j.attention desc, j.id desc limit ${limit})`,
      );
    if (states.includes('open')) {
      parts.push(`(select d.job_id as id from fulfillment.fulfillment_dispatch d
         where ${within('d.job_id')} order by d.job_id desc limit ${limit})`);
    }
    if (parts.length === 0) parts.push('select null::uuid as id where false');
    return `select u.id, null::integer as likeness from (${parts.join(' union ')}) u order by u.id desc limit ${limit}`;
  };
}

/** States that `jobsInStates` can find. */
export const keptApart: readonly JobState[] = ['open', 'blocked', 'held', 'failed'];

const jobsOf = (payments: string) => `select j.id from (${payments}) hit
  cross join lateral (
    select f.id from fulfillment.fulfillment_jobs f where f.payment_id = hit.id and f.kind = 'fulfil'
    union all
    select s.id from fulfillment.fulfillment_jobs s where s.payment_id = hit.id and s.kind = 'settle') j`;

const boughtBy = (profiles: string) =>
  `select e.payment_id as id from fulfillment.ebook_entitlements e where e.profile_id = any(array(${profiles}))`;

type IdKind = Exclude<SearchKey['kind'], 'receipt' | 'email' | 'job'>;

const paymentsBy: Record<IdKind, (ids: string) => string> = {
  payment_intent: (ids) => `select p.id from fulfillment.payments p where p.payment_intent_id = any(${ids})`,
  checkout_session: (ids) =>
    `select p.id from fulfillment.payments p where p.checkout_session_id = any(${ids})`,
  order: (ids) => `select p.id from fulfillment.payments p where p.order_id = any(${ids})`,
  charge: (ids) =>
    `select p.id from fulfillment.payments p where p.facts ? 'charge_id' and p.facts ->> 'charge_id' = any(${ids})`,
  event: (ids) =>
    `select e.payment_id as id from fulfillment.stripe_events e
      where e.event_id = any(${ids}) and e.verdict <> 'conflict' and e.payment_id is not null`,
};

/** Jobs of the payments that keys name, each once, though a buyer has a right in it for every book. */
export function jobsOfKeys(keys: readonly SearchKey[]): Scope {
  return (parameters, { after, max }) => {
    const ids = new Map<IdKind, string[]>();
    const jobIds: string[] = [];
    const emails: string[] = [];
    const series: string[] = [];
    const numbers: number[] = [];
    for (const key of keys) {
      if (key.kind === 'job') jobIds.push(key.id);
      else if (key.kind === 'email') emails.push(key.canonical);
      else if (key.kind === 'receipt') {
        series.push(key.series);
        numbers.push(key.number);
      } else ids.set(key.kind, [...(ids.get(key.kind) ?? []), key.id]);
    }
    const payments = [...ids].map(([kind, of]) => paymentsBy[kind](parameters.add(of, 'text[]')));
    if (emails.length > 0) {
      const list = parameters.add(emails, 'text[]');
      payments.push(
        boughtBy(
          `select coalesce(f.merged_into, f.id) from fulfillment.profiles f where f.canonical_email = any(${list})`,
        ),
      );
    }
    if (series.length > 0) {
      payments.push(`select r.payment_id as id
        from unnest(${parameters.add(series, 'text[]')}, ${parameters.add(numbers, 'bigint[]')}) k(series, number)
        join fulfillment.receipts r on r.series = k.series and r.number = k.number`);
    }
    const found = [
      ...(payments.length > 0 ? [jobsOf(payments.join(' union '))] : []),
      ...(jobIds.length > 0 ? [`select i.id from unnest(${parameters.add(jobIds, 'uuid[]')}) i(id)`] : []),
    ];
    const below = after === null ? 'true' : `u.id < ${parameters.add(after.id, 'uuid')}`;
    return `select distinct u.id, null::integer as likeness from (${found.join(' union ')}) u where ${below}
      order by u.id desc limit ${parameters.add(max, 'bigint')}`;
  };
}

export interface SimilarBuyer {
  profileId: string;
  likeness: number;
}

/** Jobs of buyers who resemble what was typed, the most similar first. */
export function jobsOfBuyers(buyers: readonly SimilarBuyer[]): Scope {
  return (parameters, { after, max }) => {
    const profileIds = parameters.add(
      buyers.map((buyer) => buyer.profileId),
      'uuid[]',
    );
    const likenesses = parameters.add(
      buyers.map((buyer) => buyer.likeness),
      'integer[]',
    );
    const below =
      after === null
        ? 'true'
        : `(ranked.likeness, ranked.id) < (${parameters.add(after.likeness ?? 0, 'integer')}, ${parameters.add(after.id, 'uuid')})`;
    return `select ranked.id, ranked.likeness from (
        select j.id, max(b.likeness) as likeness
          from unnest(${profileIds}, ${likenesses}) b(profile_id, likeness)
         cross join lateral (${jobsOf('select e.payment_id as id from fulfillment.ebook_entitlements e where e.profile_id = b.profile_id')}) j
         group by j.id) ranked
      where ${below} order by ranked.likeness desc, ranked.id desc limit ${parameters.add(max, 'bigint')}`;
  };
}
