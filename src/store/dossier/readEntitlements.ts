import { z } from 'zod';
import type { DossierEntitlement } from '../../ports/orderDossier.ts';
import { ask, type Database } from '../shelf/ask.ts';
import { time } from './jsonObject.ts';

const rowSchema = z.object({
  entitlementId: z.string(),
  lineNo: z.number(),
  productId: z.string(),
  productVersion: z.string(),
  title: z.string(),
  formats: z.array(z.string()),
  quantity: z.number(),
  state: z.string(),
  createdAt: z.date(),
  claimed: z.boolean(),
  history: z.array(z.object({ at: time, from: z.string().nullable(), to: z.string(), reason: z.string() })),
  links: z.array(
    z.object({ format: z.string(), links: z.number(), live: z.number(), expiresAt: time.nullable() }),
  ),
  downloads: z.array(z.object({ format: z.string(), count: z.number(), lastAt: time })),
});

const linesMax = 200;
const historyMax = 30;

const statement = `
select e.id as "entitlementId", e.line_no as "lineNo", e.product_id as "productId", e.product_version as "productVersion",
       e.formats, e.quantity, e.state, e.created_at as "createdAt",
       (select c.title from fulfillment.catalog_products c where c.id = e.product_id) as title,
       (select p.state = 'claimed' from fulfillment.profiles p where p.id = e.profile_id) as claimed,
       coalesce((select jsonb_agg(jsonb_build_object('at', h.at, 'from', h.from_state, 'to', h.to_state, 'reason', h.reason)
                 order by h.id)
          from (select * from fulfillment.ebook_entitlement_changes x where x.entitlement_id = e.id
                 order by x.id desc limit ${historyMax}) h), '[]') as history,
       coalesce((select jsonb_agg(l order by l.format)
          from (select x.format, count(*)::integer as links, max(x.expires_at) as "expiresAt",
                       (count(*) filter (where x.expires_at > clock_timestamp() and x.ended_at is null))::integer as live
                  from fulfillment.download_links x where x.entitlement_id = e.id group by x.format) l), '[]') as links,
       coalesce((select jsonb_agg(d order by d.format)
          from (select x.format, max(x.at) as "lastAt",
                       ceil(round(sum(case when x.delivered_by = 'redirect' then 1
                                           else x.sent_bytes::numeric / x.size_bytes end), 6))::integer as count
                  from fulfillment.downloads x where x.entitlement_id = e.id and not x.program group by x.format) d), '[]') as downloads
  from fulfillment.ebook_entitlements e where e.payment_id = $1
 order by e.line_no limit ${linesMax}`;

/** What was granted for a payment, and what became of it. */
export async function readEntitlements(database: Database, paymentId: string): Promise<DossierEntitlement[]> {
  return z.array(rowSchema).parse(await ask(database, statement, [paymentId]));
}
