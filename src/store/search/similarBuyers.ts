import type { SearchQuery } from '../../domain/search/query.ts';
import type { TimeBounds } from '../../domain/search/times.ts';
import { ask, type Database } from '../shelf/ask.ts';
import { createParameters } from './parameters.ts';
import { jobsInTime, type SimilarBuyer } from './scopes.ts';

export interface SimilarBuyers {
  found: SimilarBuyer[];
  /** There are no more who resemble the text as much. */
  complete: boolean;
}

/** What is compared with the buyers: names and local parts, and apart from it the domain, which only ranks. */
export interface BuyerText {
  text: string;
  domain: string | null;
}

/** Buyers that are looked at, and kept, for one search. */
const candidatesMax = 3_000;
const buyersMax = 200;

/** What a query's words say of the buyer, or the addresses it names when nobody has them. */
export function buyerText({ words, keys }: SearchQuery): BuyerText {
  const typed =
    words.length > 0 ? words : keys.flatMap((key) => (key.kind === 'email' ? [key.canonical] : []));
  const parts = typed.map((word) => {
    const at = word.lastIndexOf('@');
    return at < 0 ? { text: word, domain: null } : { text: word.slice(0, at), domain: word.slice(at + 1) };
  });
  const text = parts.map((part) => part.text || (part.domain ?? '')).join(' ');
  return { text, domain: parts.findLast((part) => part.domain)?.domain ?? null };
}

/** Buyers whose address or name resembles a text, the most similar first. */
export async function findSimilarBuyers(
  database: Database,
  { text, domain }: BuyerText,
): Promise<SimilarBuyers> {
  const rows = await ask<{ profile_id: string; likeness: number; complete: boolean }>(
    database,
    'select profile_id, likeness, complete from fulfillment.find_similar_profiles($1, $2, $3, $4)',
    [text, domain, candidatesMax, buyersMax],
  );
  const found = rows.map((row) => ({ profileId: row.profile_id, likeness: row.likeness }));
  return { found, complete: rows[0]?.complete ?? true };
}

/** From which a buyer counts as resembling; the same as the least of `find_similar_profiles` for a long text. */
export const resemblanceMin = 0.4;

/** Jobs in the stretch whose buyers are compared, the latest first. */
const jobsComparedMax = 15_000;

/**
 * The same among those who bought in a stretch of time: where too many resemble a text to look at them all, these few
 * are compared one by one.
 */
export async function findSimilarBuyersInTime(
  database: Database,
  { text, domain }: BuyerText,
  window: TimeBounds,
): Promise<SimilarBuyers> {
  const parameters = createParameters();
  const scope = jobsInTime(parameters, { window, after: null, max: jobsComparedMax });
  const folded = `(select fulfillment.fold_for_search(${parameters.add(text, 'text')}))`;
  const rows = await ask<{ profile_id: string; likeness: number; jobs: number }>(
    database,
    `with bought as materialized (
       select b.*, s.id as job_id
         from (${scope}) s
        cross join lateral (select k.payment_id from fulfillment.fulfillment_jobs k where k.id = s.id limit 1) j
         left join lateral (select e.profile_id from fulfillment.ebook_entitlements e
                             where e.payment_id = j.payment_id order by e.line_no limit 1) e on true
         left join lateral (select p.id, p.search_text, p.canonical_email from fulfillment.profiles p
                             where p.id = e.profile_id limit 1) b on true
     )
     select b.id as profile_id,
            max(fulfillment.buyer_likeness(${folded}, ${parameters.add(domain, 'text')}, b.search_text, b.canonical_email)) as likeness,
            (select count(*) from bought)::integer as jobs
       from bought b where fulfillment.resemblance(${folded}, b.search_text) >= ${resemblanceMin}
      group by b.id order by likeness desc, b.id desc limit ${parameters.add(buyersMax + 1, 'bigint')}`,
    parameters.values,
  );
  const found = rows.map((row) => ({ profileId: row.profile_id, likeness: row.likeness }));
  const complete = rows.length <= buyersMax && (rows[0]?.jobs ?? 0) < jobsComparedMax;
  return { found: found.slice(0, buyersMax), complete };
}

/** Whether one of these addresses belongs to a buyer. */
export async function hasBuyer(database: Database, canonicalEmails: readonly string[]): Promise<boolean> {
  const rows = await ask(
    database,
    'select 1 from fulfillment.profiles where canonical_email = any($1) limit 1',
    [canonicalEmails],
  );
  return rows.length > 0;
}
