import type pg from 'pg';
import { z } from 'zod';
import type { OrderDossiers } from '../../ports/orderDossier.ts';
import { ask, type Database } from '../shelf/ask.ts';
import { findOrder } from './findOrder.ts';
import { jsonObject } from './jsonObject.ts';
import { readEntitlements } from './readEntitlements.ts';
import { readJob } from './readJob.ts';
import { readMails } from './readMails.ts';
import { readMoneyPapers } from './readMoneyPapers.ts';
import { readSurroundings } from './readSurroundings.ts';
import { readAttempts, readTimeline } from './readTimeline.ts';
import { inSnapshot } from './snapshot.ts';

/** @param pool logs in as `fulfillment_operations` */
export const createOrderDossiers = (pool: pg.Pool): OrderDossiers => ({
  find: (key) => findOrder(pool, key),
  read: (jobId, before) => inSnapshot(pool, (database) => readDossier(database, jobId, before)),

  async attempts(request) {
    const attempts = await readAttempts(pool, request);
    if (attempts.length > 0) return attempts;
    const { kind } = await findOrder(pool, { kind: 'job', id: request.jobId });
    return kind === 'job' ? [] : undefined;
  },

  async buyer(jobId) {
    const [row] = await ask(
      pool,
      `select j.order_snapshot as "order",
              (select b.email from fulfillment.ebook_entitlements e join fulfillment.profiles b on b.id = e.profile_id
                where e.payment_id = j.payment_id order by e.line_no limit 1) as "profileEmail"
         from fulfillment.fulfillment_jobs j where j.id = $1`,
      [jobId],
    );
    return row && buyerRow.parse(row);
  },
});

const buyerRow = z.object({ order: jsonObject.nullable(), profileEmail: z.string().nullable() });

async function readDossier(database: Database, jobId: string, before?: number) {
  const job = await readJob(database, jobId);
  if (!job) return undefined;
  const { timeline, hasOlder } = await readTimeline(database, jobId, before);
  const attempts = await readAttempts(database, { jobId });
  const paymentId = job.payment?.id;
  const mails = paymentId === undefined ? [] : await readMails(database, paymentId);
  const entitlements = paymentId === undefined ? [] : await readEntitlements(database, paymentId);
  const money =
    paymentId === undefined ? { creditNotes: [], notices: [] } : await readMoneyPapers(database, paymentId);
  const ids = entitlements.map(({ entitlementId }) => entitlementId);
  const surroundings = await readSurroundings(database, job, ids);
  return { job, timeline, hasOlder, attempts, mails, entitlements, money, surroundings };
}
