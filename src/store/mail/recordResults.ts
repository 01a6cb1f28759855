import { domainRule } from '../../domain/mailRouting.ts';
import type { MailResult } from '../../ports/mailLedger.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { clientOf } from '../transaction.ts';
import { matchParked } from './evidence.ts';

/** Writes what attempts came to, set-wise: attempts, mails, links, jobs, and how providers fare at domains. */
export async function recordResults(tx: Transaction, results: MailResult[]): Promise<void> {
  if (results.length === 0) return;
  await recordOutcomes(tx, results);
  const accepted = results.filter(({ outcome }) => outcome === 'accepted');
  if (accepted.length > 0) await prolongLinks(tx, accepted);
  const unproven = accepted.filter(({ proven }) => !proven);
  if (unproven.length > 0) await flagUnproven(tx, unproven);
  const refused = results.filter(({ outcome, byPolicy }) => outcome === 'refused' && byPolicy);
  if (refused.length > 0) await countAtDomains(tx, refused);
  // What was heard of a mail before its answer was.
  await matchParked(
    tx,
    accepted.map(({ logicalKey }) => logicalKey),
  );
}

async function recordOutcomes(tx: Transaction, results: MailResult[]): Promise<void> {
  await clientOf(tx).query(
    `with results as (
       select m.id, x.* from fulfillment.email_messages m
         join unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::boolean[], $7::boolean[])
              x(logical_key, provider, outcome, detail, final, final_here, proven)
           on x.logical_key = m.logical_key
     ), attempts as (
       update fulfillment.email_attempts a
          set outcome = r.outcome, detail = r.detail, final = r.final_here, finished_at = clock_timestamp()
         from results r
        where a.message_id = r.id and a.outcome is null
     ), found as (
       update fulfillment.mail_holds h
          set decision = 'found', decided_at = clock_timestamp()
         from results r
        where h.message_id = r.id and h.decision is null and r.outcome = 'accepted'
     ), settled as (
       update fulfillment.email_messages m
        set state = case when r.outcome = 'refused' and not r.final then 'queued' else r.outcome end,
            provider = case when r.outcome = 'accepted' then r.provider else m.provider end,
            reference = case when r.outcome = 'accepted' then r.detail else m.reference end,
            accepted_at = case when r.outcome = 'accepted' then clock_timestamp() else m.accepted_at end,
            proven_at = case when r.outcome = 'accepted' and r.proven then clock_timestamp() else m.proven_at end,
            delivery = case when r.outcome <> 'accepted' then m.delivery
                            when r.proven then 'accepted' else 'unproven' end,
            -- What is proven need not be kept: the bytes hold the buyer's receipt.
            bytes = case when r.outcome = 'accepted' and r.proven then null else m.bytes end
       from results r
      where m.id = r.id and m.accepted_at is null
     -- Its evidence may have come first: then the answer adds what the provider calls it.
     ), named as (
       update fulfillment.email_messages m set reference = r.detail
         from results r
        where m.id = r.id and m.accepted_at is not null and m.reference is null
          and r.outcome = 'accepted' and m.provider = r.provider
     )
     select`,
    [
      results.map((result) => result.logicalKey),
      results.map((result) => result.provider),
      results.map((result) => result.outcome),
      results.map((result) => result.detail.slice(0, 500)),
      results.map((result) => result.final),
      results.map((result) => result.finalHere),
      results.map((result) => result.proven),
    ],
  );
}

/** A mail that waited for days before it went out must not arrive with dead links. */
async function prolongLinks(tx: Transaction, accepted: MailResult[]): Promise<void> {
  await clientOf(tx).query(
    `update fulfillment.download_links l
        set expires_at = greatest(l.expires_at, clock_timestamp() + (l.expires_at - l.created_at))
      where l.mail_key = any($1) and l.ended_at is null`,
    [accepted.map(({ logicalKey }) => logicalKey)],
  );
}

/** Their jobs go on, and say that nothing proves the mail yet. */
async function flagUnproven(tx: Transaction, unproven: MailResult[]): Promise<void> {
  await clientOf(tx).query(
    `update fulfillment.fulfillment_jobs j set mail_unproven = true
       from fulfillment.email_messages m
      where m.logical_key = any($1) and m.proven_at is null and j.id = m.job_id and not j.mail_unproven`,
    [unproven.map(({ logicalKey }) => logicalKey)],
  );
}

/** In one order, for others may count at the same domains. */
async function countAtDomains(tx: Transaction, refused: MailResult[]): Promise<void> {
  await clientOf(tx).query(
    `insert into fulfillment.mail_domain_standings as s (provider, domain, refusals)
     select x.provider, lower(split_part(m.to_address, '@', -1)), count(*)
       from unnest($1::text[], $2::text[]) x(logical_key, provider)
       join fulfillment.email_messages m on m.logical_key = x.logical_key
      group by 1, 2 order by 1, 2
     on conflict (provider, domain) do update
        set refusals = case when s.last_refused_at > clock_timestamp() - $3::float8 * interval '1 ms'
                            then s.refusals else 0 end + excluded.refusals,
            last_refused_at = clock_timestamp()`,
    [
      refused.map(({ logicalKey }) => logicalKey),
      refused.map(({ provider }) => provider),
      domainRule.forgottenAfterMs,
    ],
  );
}
