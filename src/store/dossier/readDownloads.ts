import { z } from 'zod';
import {
  type Bounded,
  type EvidenceDownload,
  evidenceDownloadsMax,
  type EvidenceDownloadTotal,
} from '../../ports/orderEvidence.ts';
import { ask, type Database } from '../shelf/ask.ts';
import { time } from './jsonObject.ts';

const rowSchema = z.object({
  total: z.number(),
  items: z.array(
    z.object({
      at: time,
      lineNo: z.number(),
      format: z.string(),
      deliveredBy: z.enum(['stream', 'redirect']),
      program: z.boolean(),
      sizeBytes: z.number().nullable(),
      sentBytes: z.number(),
      finishedAt: time.nullable(),
      addressHash: z.string().nullable(),
      seenBefore: z.boolean().nullable(),
      seenInOtherOrder: z.boolean().nullable(),
    }),
  ),
  totals: z.array(
    z.object({
      lineNo: z.number(),
      format: z.string(),
      deliveries: z.number(),
      sentBytes: z.number(),
      whole: z.number(),
      redirects: z.number(),
      addresses: z.number(),
      firstAt: time,
      lastAt: time,
    }),
  ),
});

// Whether an address was seen before is asked of all that the buyer has ever downloaded, programs left out: a scanner's
// address is not theirs.
const statement = `
with own as materialized (
  select e.id, e.line_no, e.profile_id from fulfillment.ebook_entitlements e where e.payment_id = $1
), taken as materialized (
  select d.*, o.line_no from own o join fulfillment.downloads d on d.entitlement_id = o.id
), seen as materialized (
  select d.client_hash, min(d.at) as since, min(d.at) filter (where e.payment_id <> $1) as elsewhere
    from fulfillment.ebook_entitlements e
    join fulfillment.downloads d on d.entitlement_id = e.id
   where e.profile_id in (select profile_id from own) and d.client_hash is not null and not d.program
   group by d.client_hash
), listed as (
  select * from taken t order by t.at desc, t.id desc limit ${evidenceDownloadsMax}
)
select (select count(*)::integer from taken) as total,
       coalesce((select jsonb_agg(jsonb_build_object('at', l.at, 'lineNo', l.line_no, 'format', l.format,
                 'deliveredBy', l.delivered_by, 'program', l.program, 'sizeBytes', l.size_bytes, 'sentBytes', l.sent_bytes,
                 'finishedAt', l.finished_at, 'addressHash', encode(l.client_hash, 'hex'),
                 'seenBefore', case when l.client_hash is not null then coalesce(s.since < l.at, false) end,
                 'seenInOtherOrder', case when l.client_hash is not null then coalesce(s.elsewhere < l.at, false) end)
                 order by l.at, l.id)
          from listed l left join seen s on s.client_hash = l.client_hash), '[]') as items,
       coalesce((select jsonb_agg(t order by t."lineNo", t.format)
          from (select x.line_no as "lineNo", x.format, count(*)::integer as deliveries, sum(x.sent_bytes) as "sentBytes",
                       (count(*) filter (where x.sent_bytes = x.size_bytes))::integer as whole,
                       (count(*) filter (where x.delivered_by = 'redirect'))::integer as redirects,
                       count(distinct x.client_hash)::integer as addresses, min(x.at) as "firstAt", max(x.at) as "lastAt"
                  from taken x where not x.program group by x.line_no, x.format) t), '[]') as totals`;

/** Deliveries of the books of a payment: the latest one by one, and all that went to people summed up. */
export async function readDownloads(
  database: Database,
  paymentId: string,
): Promise<{ downloads: Bounded<EvidenceDownload>; totals: EvidenceDownloadTotal[] }> {
  const [row] = await ask(database, statement, [paymentId]);
  const { totals, ...downloads } = rowSchema.parse(row);
  return { downloads, totals };
}
