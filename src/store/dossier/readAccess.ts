import { z } from 'zod';
import {
  type Bounded,
  type EvidenceClaim,
  evidenceClaimsMax,
  type EvidenceLink,
  evidenceLinksMax,
} from '../../ports/orderEvidence.ts';
import { ask, type Database } from '../shelf/ask.ts';
import { time } from './jsonObject.ts';

const bounded = <Item extends z.ZodType>(item: Item) => z.object({ total: z.number(), items: z.array(item) });

const rowSchema = z.object({
  correctedEmail: z.string().nullable(),
  mails: z.number(),
  links: bounded(
    z.object({
      lineNo: z.number(),
      format: z.string(),
      origin: z.string(),
      createdAt: time,
      expiresAt: time,
      endedAt: time.nullable(),
    }),
  ),
  claims: bounded(z.object({ at: time, way: z.string(), outcome: z.string() })),
});

const statement = `
with own as materialized (
  select e.id, e.line_no, e.profile_id from fulfillment.ebook_entitlements e where e.payment_id = $1
), links as materialized (
  select l.*, o.line_no from own o join fulfillment.download_links l on l.entitlement_id = o.id
), claims as materialized (
  select c.* from fulfillment.profile_claims c where c.profile_id in (select profile_id from own)
)
select (select b.email from fulfillment.buyer_corrections b where b.payment_id = $1) as "correctedEmail",
       (select count(*)::integer from fulfillment.email_messages m where m.payment_id = $1) as mails,
       jsonb_build_object('total', (select count(*) from links), 'items', coalesce((
         select jsonb_agg(jsonb_build_object('lineNo', l.line_no, 'format', l.format, 'origin', l.origin,
                  'createdAt', l.created_at, 'expiresAt', l.expires_at, 'endedAt', l.ended_at) order by l.created_at, l.id)
           from (select * from links x order by x.created_at desc, x.id desc limit ${evidenceLinksMax}) l), '[]')) as links,
       jsonb_build_object('total', (select count(*) from claims), 'items', coalesce((
         select jsonb_agg(jsonb_build_object('at', c.at, 'way', c.way, 'outcome', c.outcome) order by c.id)
           from (select * from claims x order by x.id desc limit ${evidenceClaimsMax}) c), '[]')) as claims`;

/** By which links and sign-ins the books of a payment could be reached. Never a token, nor who signed in. */
export async function readAccess(
  database: Database,
  paymentId: string,
): Promise<{
  correctedEmail: string | null;
  mails: number;
  links: Bounded<EvidenceLink>;
  claims: Bounded<EvidenceClaim>;
}> {
  const [row] = await ask(database, statement, [paymentId]);
  return rowSchema.parse(row);
}
