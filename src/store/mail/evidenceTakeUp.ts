import type pg from 'pg';
import type { LockedJob } from '../../ports/jobControl.ts';
import type { EffectRow } from '../../ports/jobStore.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { decide } from '../operations/decide.ts';
import { lockJob } from '../operations/lockJob.ts';
import { ask } from '../shelf/ask.ts';
import { queryIn } from '../transaction.ts';

/**
 * Mails that were taken though their effect `f` of job `j` was given up. Once for each: one that fails again does so for
 * another reason.
 */
const takenMails = `
  fulfillment.fulfillment_job_effects f
  join fulfillment.email_messages m on m.logical_key = f.effect_key
 where f.job_id = j.id and f.state = 'failed' and m.accepted_at is not null
   and not exists (select from fulfillment.fulfillment_job_events v
                    where v.job_id = j.id and v.kind = 'job.retried' and v.actor = 'evidence'
                      and v.data -> 'effects' ? f.effect_key)`;

const failedJobs = `
select j.id from fulfillment.fulfillment_jobs j
 where j.attention = 'failed' and ($1::uuid is null or j.id > $1::uuid) and exists (select from ${takenMails})
 order by j.id limit $2`;

const atOnce = 50;

/** Failed jobs, page by page, of which a mail has been taken after all. */
export async function failedThoughTaken(pool: pg.Pool, after: string | null): Promise<string[]> {
  const rows = await ask<{ id: string }>(pool, failedJobs, [after, atOnce]);
  return rows.map(({ id }) => id);
}

const takenKeys = `
select f.effect_key as key from fulfillment.fulfillment_jobs j cross join lateral (select f.effect_key from ${takenMails}) f
 where j.id = $1`;

/**
 * Has a failed job go on whose mail was taken after all, as if somebody of the staff retried it: its step finds the mail
 * accepted and sends nothing. False: there is nothing to do any more.
 *
 * @throws Fault transient, when somebody else has just decided about the job
 */
export async function takeUpAgain(tx: Transaction, jobId: string): Promise<boolean> {
  const job = await lockJob(tx, jobId);
  if (!job || job.state !== 'failed' || job.leased) return false;
  const taken = new Set((await queryIn<{ key: string }>(tx, takenKeys, [jobId])).map(({ key }) => key));
  const effects = job.effects.filter(({ state, effectKey }) => state === 'failed' && taken.has(effectKey));
  if (effects.length === 0) return false;
  const names = new Set(effects.map(({ step }) => step));
  await decide(tx, job, {
    state: { state: 'open', reason: null, failedStep: null },
    steps: job.steps
      .filter(({ step, state }) => names.has(step) && state === 'failed')
      .map((row) => ({ ...row, state: 'waiting', ...afresh })),
    effects: effects.map((row): EffectRow => ({ ...row, state: 'intended', ...afresh })),
    due: 'now',
    event: {
      kind: 'job.retried',
      step: null,
      data: {
        steps: [...names],
        effects: effects.map(({ effectKey }) => effectKey),
        reason: 'mail_taken_after_all',
      },
    },
    actor: 'evidence',
  });
  return true;
}

const afresh = { attempts: 0, dueAt: null, reason: null } satisfies Partial<LockedJob['steps'][number]>;
