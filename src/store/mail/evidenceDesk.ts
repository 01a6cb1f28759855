import type pg from 'pg';
import type { EvidenceDesk, EvidenceNoted, SourceStanding } from '../../ports/evidenceDesk.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { wantJob } from '../operations/wantJob.ts';
import { passingFault } from '../operations/passingFault.ts';
import { ask } from '../shelf/ask.ts';
import { inTransaction, queryIn } from '../transaction.ts';
import { matchLate, noteEvidence } from './evidence.ts';
import { readUnheard, readUnproven } from './evidenceStanding.ts';
import { putOff, readStuck } from './evidenceTimes.ts';
import { delayedMails, failingReceipts, mended, quiet, readBounces } from './evidenceTroubles.ts';
import { expectReports, readHeard } from './reportStandings.ts';
import { failedThoughTaken, takeUpAgain } from './evidenceTakeUp.ts';

const take = `
update fulfillment.mail_watch w
   set worker = $1, lease_until = clock_timestamp() + $2 * interval '1 millisecond'
 where w.worker = $1 or w.worker is null or w.lease_until <= clock_timestamp()
returning 1`;

const release = `update fulfillment.mail_watch w set worker = null, lease_until = null where w.worker = $1`;

/** Whoever takes over meanwhile waits until the page is kept. */
const holdDuty = `
select 1 from fulfillment.mail_watch w where w.worker = $1 and w.lease_until > clock_timestamp() for share`;

const sources = `
select c.name, c.cursor, c.polled_at as "polledAt", c.failure, c.failing_since as "failingSince"
  from fulfillment.mail_source_cursors c order by c.name`;

const keepCursor = `
insert into fulfillment.mail_source_cursors as c (name, cursor, polled_at) values ($1, $2, clock_timestamp())
on conflict (name) do update
   set cursor = excluded.cursor, polled_at = excluded.polled_at, failure = null, failing_since = null`;

const keepFailure = `
insert into fulfillment.mail_source_cursors as c (name, failure, failing_since) values ($1, $2, clock_timestamp())
on conflict (name) do update
   set failure = excluded.failure, failing_since = coalesce(c.failing_since, excluded.failing_since)
returning (extract(epoch from clock_timestamp() - c.failing_since) * 1000)::float8 as "forMs"`;

const setActed = `
update fulfillment.email_evidence e set acted_at = clock_timestamp(), failures = 0
 where e.id = any($1::uuid[]) and e.acted_at is null returning e.id`;

const forgetStandings = `
delete from fulfillment.mail_domain_standings s where s.last_refused_at < clock_timestamp() - interval '7 days'`;

const prune = `
select (e.removed + fulfillment.prune_mail_bytes($2, $1))::float8 as removed, e.expired::float8 as expired
  from fulfillment.prune_email_evidence($1) e`;

export interface EvidenceDeskOptions {
  /** Of role `fulfillment_worker`. */
  pool: pg.Pool;
  /** Names of the plans that send links to whoever asks. */
  linkPlans: readonly string[];
  /** For how many days the source of an unproven mail is kept. Default 14. */
  mailDays?: number;
}

/** What was heard of mails, and what is done about it. */
export function createEvidenceDesk({ pool, linkPlans, mailDays = 14 }: EvidenceDeskOptions): EvidenceDesk {
  const within = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> =>
    inTransaction(pool, work).catch((error: unknown) => {
      throw passingFault(error);
    });
  const change = async (text: string, values: unknown[]) => void (await ask(pool, text, values));

  /** Undefined: somebody else has the duty. */
  const onDuty = <T>(worker: string, work: (tx: Transaction) => Promise<T>): Promise<T | undefined> =>
    within(async (tx) => ((await queryIn(tx, holdDuty, [worker])).length > 0 ? work(tx) : undefined));

  return {
    note: (evidence) => within((tx) => noteEvidence(tx, evidence)),
    take: async (worker, leaseMs) => (await ask(pool, take, [worker, leaseMs])).length > 0,
    release: (worker) => change(release, [worker]),
    sources: () => ask<SourceStanding & pg.QueryResultRow>(pool, sources, []),

    notePage: (worker, { source, cursor, evidence }) =>
      onDuty(worker, async (tx): Promise<EvidenceNoted> => {
        await queryIn(tx, keepCursor, [source, cursor]);
        return noteEvidence(tx, evidence);
      }),

    noteFailure: (worker, { source, reason }) =>
      onDuty(worker, async (tx) => {
        const [row] = await queryIn<{ forMs: number }>(tx, keepFailure, [source, reason.slice(0, 100)]);
        return row?.forMs ?? 0;
      }),

    matchLate: () => matchLate(pool),

    async takeUpAgain() {
      let resumed = 0;
      let trouble: { error: unknown } | undefined;
      let page: string[] = [];
      do {
        page = await failedThoughTaken(pool, page.at(-1) ?? null);
        for (const jobId of page) {
          try {
            if (await within((tx) => takeUpAgain(tx, jobId))) resumed += 1;
          } catch (error) {
            trouble ??= { error };
          }
        }
      } while (page.length > 0);
      if (trouble) throw trouble.error;
      return resumed;
    },

    bounces: (limit) => readBounces(pool, { limit, linkPlans }),
    putOff: (evidenceIds) => putOff(pool, evidenceIds),
    stuck: (failuresMin) => readStuck(pool, failuresMin),

    actedOn: (evidenceIds, wanted) =>
      within(async (tx) => {
        let added = 0;
        for (const job of wanted) added += (await wantJob(tx, job)).isNew ? 1 : 0;
        await queryIn(tx, setActed, [evidenceIds]);
        return added;
      }),

    failingReceipts: (refusalsMin) => failingReceipts(pool, refusalsMin),
    delayed: (afterMs) => delayedMails(pool, afterMs),
    mended: (rule, refusalsMin) => mended(pool, rule, refusalsMin),
    quiet: (rule, forMs) => quiet(pool, rule, forMs),
    unproven: (afterMs) => readUnproven(pool, afterMs),
    unheard: (afterMs) => readUnheard(pool, afterMs),
    expectReports: (expected) => expectReports(pool, expected),
    heard: (options) => readHeard(pool, options),

    async prune(limit) {
      await change(forgetStandings, []);
      const [row] = await ask<{ removed: number; expired: number }>(pool, prune, [limit, mailDays]);
      return row ?? { removed: 0, expired: 0 };
    },
  };
}
