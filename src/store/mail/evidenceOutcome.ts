import type { Transaction } from '../../ports/transaction.ts';
import { queryIn } from '../transaction.ts';
import { countAtDomains } from './evidenceDomains.ts';

/**
 * What evidence says of its mails. Whatever is heard of a mail, it was taken: evidence proves a mail that its provider
 * might have lost, and one whose attempt had no answer.
 */
const tellMails = `
with told as (
  select e.message_id as id,
         (array_agg(s.told order by fulfillment.delivery_rank(s.told) desc))[1] as kind,
         (array_agg(e.source order by fulfillment.delivery_rank(s.told) desc))[1] as source,
         min(e.at) as at,
         (array_agg(e.provider_ref order by e.at) filter (where e.provider is not null and e.provider_ref is not null))[1] as reference,
         array_agg(e.provider order by e.at) filter (where e.provider is not null) as providers
    from fulfillment.email_evidence e
   -- As toldState in src/domain/deliveryState.ts.
   cross join lateral (select case when e.kind = 'bounced' and e.permanence = 'soft' then 'delayed' else e.kind end as told) s
   where e.id = any($1::uuid[]) group by e.message_id
), judged as (
  select m.id, t.kind, t.source, t.at, t.reference, m.accepted_at is not null and m.proven_at is null as was_unproven,
         m.accepted_at is null and m.state in ('queued', 'unknown', 'refused') as is_open,
         coalesce(
           (select a.provider from fulfillment.email_attempts a
             where a.message_id = m.id and coalesce(a.outcome, 'unknown') = 'unknown'
               and (t.providers is null or a.provider = any(t.providers))
             order by a.attempt desc limit 1),
           t.providers[1],
           (select a.provider from fulfillment.email_attempts a
             where a.message_id = m.id and coalesce(a.outcome, 'unknown') = 'unknown'
             order by a.attempt desc limit 1)) as taken_by
    from told t join fulfillment.email_messages m on m.id = t.id
)
update fulfillment.email_messages m
   set delivery = fulfillment.further_delivery(m.delivery, j.kind),
       state = case when j.is_open then 'accepted' else m.state end,
       provider = case when j.is_open then j.taken_by else m.provider end,
       reference = case when j.is_open then coalesce(m.reference, j.reference) else m.reference end,
       accepted_at = case when j.is_open then greatest(m.created_at, j.at) else m.accepted_at end,
       proven_at = case when j.is_open or m.accepted_at is not null then coalesce(m.proven_at, clock_timestamp()) end,
       -- What is proven need not be kept: the bytes hold the buyer's receipt.
       bytes = case when j.is_open or m.accepted_at is not null then null else m.bytes end
  from judged j where m.id = j.id
returning m.id, m.logical_key as "logicalKey", m.job_id as "jobId", m.reference, m.provider, j.kind as told, j.source,
          j.is_open as "isTaken", j.was_unproven as "wasUnproven"`;

interface ToldMail {
  id: string;
  logicalKey: string;
  jobId: string | null;
  reference: string | null;
  provider: string | null;
  /** What was heard, and where. */
  told: string;
  source: string;
  /** Nobody had known that it was taken. */
  isTaken: boolean;
  /** It was taken, and nothing had proved it. */
  wasUnproven: boolean;
}

const fillProvider = `
update fulfillment.email_evidence e set provider = m.provider
  from fulfillment.email_messages m
 where e.id = any($1::uuid[]) and e.provider is null and m.id = e.message_id and m.provider is not null`;

/** @returns how many jobs go on because their mail was taken after all */
export async function applyEvidence(tx: Transaction, evidenceIds: readonly string[]): Promise<number> {
  if (evidenceIds.length === 0) return 0;
  const mails = await queryIn<ToldMail>(tx, tellMails, [evidenceIds]);
  await queryIn(tx, fillProvider, [evidenceIds]);
  const taken = mails.filter(({ isTaken }) => isTaken);
  const woken = taken.length > 0 ? await goOn(tx, taken) : 0;
  const proven = mails.flatMap(({ wasUnproven, jobId }) => (wasUnproven && jobId !== null ? [jobId] : []));
  if (proven.length > 0) await clearFlags(tx, proven);
  await countAtDomains(tx, evidenceIds);
  return woken;
}

const answerAttempts = `
with answered as (
  update fulfillment.email_attempts a
     set outcome = 'accepted', detail = coalesce(x.reference, 'evidence'), finished_at = clock_timestamp()
    from unnest($1::uuid[], $2::text[]) x(id, reference)
   where a.message_id = x.id and a.outcome is null
)
update fulfillment.mail_holds h set decision = 'found', decided_at = clock_timestamp()
 where h.message_id = any($1::uuid[]) and h.decision is null`;

/** A mail that waited for days before it went out must not arrive with dead links. */
const prolongLinks = `
update fulfillment.download_links l
   set expires_at = greatest(l.expires_at, clock_timestamp() + (l.expires_at - l.created_at))
 where l.mail_key = any($1) and l.ended_at is null`;

/**
 * Whoever works on the job sees by `control_seq` that there is something new; the caller holds the dispatch rows. What
 * was given up goes on later (`takeUpAgain`).
 */
const wakeJobs = `
with taken as (
  select * from jsonb_to_recordset($1) x("jobId" uuid, "logicalKey" text, provider text, told text, source text)
), effects as (
  update fulfillment.fulfillment_job_effects e set due_at = clock_timestamp()
    from taken x
   where e.job_id = x."jobId" and e.effect_key = x."logicalKey" and e.state not in ('done', 'failed')
  returning e.job_id, e.step, e.effect_key
), steps as (
  update fulfillment.fulfillment_job_steps s set due_at = clock_timestamp()
    from effects e where s.job_id = e.job_id and s.step = e.step and s.state in ('waiting', 'blocked')
), woken as (
  update fulfillment.fulfillment_dispatch d
     set control_seq = d.control_seq + 1,
         due_at = case when d.worker is null then least(d.due_at, clock_timestamp()) else d.due_at end
   where d.job_id = any(array(select e.job_id from effects e))
  returning d.job_id
), lines as (
  insert into fulfillment.fulfillment_job_events (job_id, seq, kind, step, actor, data)
  select e.job_id,
         row_number() over (partition by e.job_id order by e.effect_key)
           + (select coalesce(max(v.seq), 0) from fulfillment.fulfillment_job_events v where v.job_id = e.job_id),
         'mail.taken', e.step, 'evidence',
         jsonb_build_object('effect', e.effect_key, 'provider', x.provider, 'told', x.told, 'source', x.source)
    from effects e
    join woken w on w.job_id = e.job_id
    join taken x on x."jobId" = e.job_id and x."logicalKey" = e.effect_key
)
select w.job_id from woken w`;

async function goOn(tx: Transaction, taken: ToldMail[]): Promise<number> {
  await queryIn(tx, answerAttempts, [taken.map(({ id }) => id), taken.map(({ reference }) => reference)]);
  await queryIn(tx, prolongLinks, [taken.map(({ logicalKey }) => logicalKey)]);
  const ofJobs = taken.filter(({ jobId }) => jobId !== null);
  if (ofJobs.length === 0) return 0;
  const woken = await queryIn(tx, wakeJobs, [JSON.stringify(ofJobs)]);
  return woken.length;
}

// Locked first: of two mails of one job that are proven at the same time, the second one must see the first.
const lockFlagged = `
select j.id from fulfillment.fulfillment_jobs j
 where j.id = any($1::uuid[]) and j.mail_unproven order by j.id for no key update`;

const clearFlag = `
update fulfillment.fulfillment_jobs j set mail_unproven = false
 where j.id = any($1::uuid[])
   and not exists (select from fulfillment.email_messages m
                    where m.payment_id = j.payment_id and m.job_id = j.id
                      and m.accepted_at is not null and m.proven_at is null)`;

async function clearFlags(tx: Transaction, jobIds: string[]): Promise<void> {
  const flagged = await queryIn<{ id: string }>(tx, lockFlagged, [jobIds]);
  if (flagged.length > 0) await queryIn(tx, clearFlag, [flagged.map(({ id }) => id)]);
}
