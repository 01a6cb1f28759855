import type pg from 'pg';
import type { Transaction } from '../../ports/transaction.ts';
import { ask } from '../shelf/ask.ts';
import { queryIn } from '../transaction.ts';

/**
 * What stands before the @ of a Message-ID. It names the mail: the domain behind it is the sender's as it is configured
 * today, and was another one when the mail was written, perhaps.
 */
const nameIn = (messageId: string) => `split_part(${messageId}, '@', 1)`;

/**
 * The mail that evidence is about: by its Message-ID, which nobody can guess; else by the provider's own reference,
 * unless several mails have the same.
 */
const mailOf = (evidence: string) => `
coalesce((select case when count(*) = 1 then (array_agg(n.id))[1] end
            from (select m.id from fulfillment.email_messages m
                   where ${nameIn('m.message_id')} = ${nameIn(`${evidence}.mail_ref`)} limit 2) n),
         (select case when count(*) = 1 then (array_agg(r.id))[1] end
            from (select m.id from fulfillment.email_messages m
                   where m.provider = ${evidence}.provider and m.reference = ${evidence}.provider_ref limit 2) r))`;

const findMails = `
select x.id as "evidenceId", m.id as "mailId", m.job_id as "jobId", m.proven_at is null as "isUnproven"
  from (select e.id, ${mailOf('e')} as mail_id from fulfillment.email_evidence e
         where e.id = any($1::uuid[]) and e.message_id is null) x
  join fulfillment.email_messages m on m.id = x.mail_id`;

const lockDispatch = `
select from fulfillment.fulfillment_dispatch d where d.job_id = any($1::uuid[]) order by d.job_id for update`;

const lockMails = `
select from fulfillment.email_messages m where m.id = any($1::uuid[]) order by m.id for no key update`;

/**
 * Evidence counts for a mail that was taken, that may have been (an attempt had no answer), or that nobody tries any
 * more. A mail that every attempt was refused of was taken by nobody, whatever a journal has got of it; one that was
 * never tried here was sent before a restore, if a provider says so itself.
 */
const attach = `
update fulfillment.email_evidence e
   set message_id = m.id, matched_at = clock_timestamp(), due_at = clock_timestamp(), failures = 0
  from unnest($1::uuid[], $2::uuid[]) x(id, mail_id)
  join fulfillment.email_messages m on m.id = x.mail_id
 where e.id = x.id and e.message_id is null
   and (m.accepted_at is not null
        or m.state in ('superseded', 'dropped')
        or exists (select from fulfillment.email_attempts a
                    where a.message_id = m.id and coalesce(a.outcome, 'unknown') = 'unknown'
                      and (e.provider is null or e.provider = a.provider))
        or e.provider is not null and e.kind in ('accepted', 'delivered')
           and not exists (select from fulfillment.email_attempts a where a.message_id = m.id))
returning e.id`;

/**
 * Finds the mails of evidence that has none yet, and locks them as workers do: dispatch, then mails (DESIGN law 7).
 *
 * @returns the ids of evidence that has found its mail now
 */
export async function matchEvidence(tx: Transaction, evidenceIds: readonly string[]): Promise<string[]> {
  if (evidenceIds.length === 0) return [];
  const found = await queryIn<{
    evidenceId: string;
    mailId: string;
    jobId: string | null;
    isUnproven: boolean;
  }>(tx, findMails, [evidenceIds]);
  if (found.length === 0) return [];
  const jobIds = found.flatMap(({ jobId, isUnproven }) => (isUnproven && jobId !== null ? [jobId] : []));
  if (jobIds.length > 0) await queryIn(tx, lockDispatch, [jobIds]);
  const mailIds = found.map(({ mailId }) => mailId);
  await queryIn(tx, lockMails, [mailIds]);
  const attached = await queryIn<{ id: string }>(tx, attach, [
    found.map(({ evidenceId }) => evidenceId),
    mailIds,
  ]);
  return attached.map(({ id }) => id);
}

const parkedOfMails = `
select e.id from fulfillment.email_messages m
  join fulfillment.email_evidence e on e.message_id is null and ${nameIn('e.mail_ref')} = ${nameIn('m.message_id')}
 where m.logical_key = any($1)
union
select e.id from fulfillment.email_messages m
  join fulfillment.email_evidence e
    on e.message_id is null and e.provider = m.provider and e.provider_ref = m.reference
 where m.logical_key = any($1)`;

/** Evidence that waits for one of these mails. */
export async function parkedFor(tx: Transaction, logicalKeys: readonly string[]): Promise<string[]> {
  const rows = await queryIn<{ id: string }>(tx, parkedOfMails, [logicalKeys]);
  return rows.map(({ id }) => id);
}

const parkedDue = `
select e.id from fulfillment.email_evidence e
 where e.message_id is null and e.due_at <= clock_timestamp() order by e.due_at, e.id limit $1`;

/** Evidence that waits for its mail and is to be looked at again. */
export async function parkedDueNow(pool: pg.Pool, limit: number): Promise<string[]> {
  const rows = await ask<{ id: string }>(pool, parkedDue, [limit]);
  return rows.map(({ id }) => id);
}
