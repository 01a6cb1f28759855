import type pg from 'pg';
import type { OrderEvidence, OrderEvidenceReader } from '../../ports/orderEvidence.ts';
import { ask, type Database } from '../shelf/ask.ts';
import { readAccess } from './readAccess.ts';
import { readDownloads } from './readDownloads.ts';
import { readEntitlements } from './readEntitlements.ts';
import { readJob } from './readJob.ts';
import { readMails } from './readMails.ts';
import { readMoneyPapers } from './readMoneyPapers.ts';
import { inSnapshot } from './snapshot.ts';

/** @param pool logs in as `fulfillment_operations` */
export const createOrderEvidenceReader = (pool: pg.Pool): OrderEvidenceReader => ({
  read: (jobId) => inSnapshot(pool, (database) => readEvidence(database, jobId)),
});

async function readEvidence(
  database: Database,
  jobId: string,
): Promise<OrderEvidence | 'no_payment' | undefined> {
  const job = await readJob(database, await orderJobOf(database, jobId));
  if (!job) return undefined;
  const { payment } = job;
  if (!payment) return 'no_payment';
  const { mails: mailsTotal, ...access } = await readAccess(database, payment.id);
  const mails = await readMails(database, payment.id);
  const entitlements = await readEntitlements(database, payment.id);
  const money = await readMoneyPapers(database, payment.id);
  const delivered = await readDownloads(database, payment.id);
  return {
    ...access,
    ...delivered,
    job: { ...job, payment },
    mails: { total: mailsTotal, items: mails },
    entitlements,
    money,
  };
}

/** The job that has the order: whoever asks may have named another job of the same payment, a refund's say. */
async function orderJobOf(database: Database, jobId: string): Promise<string> {
  const [row] = await ask<{ id: string }>(
    database,
    `select o.id from fulfillment.fulfillment_jobs j
       join fulfillment.fulfillment_jobs o on o.payment_id = j.payment_id
      where j.id = $1 and o.kind in ('fulfil', 'adopt', 'grant')
      order by o.order_snapshot is null, o.id limit 1`,
    [jobId],
  );
  return row?.id ?? jobId;
}
