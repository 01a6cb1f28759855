import type { Transaction } from '../../../ports/transaction.ts';
import { queryIn } from '../../transaction.ts';

export async function endLinks(tx: Transaction, paymentId: string, which: 'mail' | 'all'): Promise<number> {
  const rows = await queryIn(
    tx,
    `update fulfillment.download_links l set ended_at = t.now, expires_at = least(l.expires_at, t.now)
       from (select clock_timestamp() as now) t
      where l.entitlement_id in (select e.id from fulfillment.ebook_entitlements e where e.payment_id = $1)
        and l.ended_at is null and (l.origin = 'mail' or $2 = 'all')
      returning l.id`,
    [paymentId, which],
  );
  return rows.length;
}

export async function resetDownloads(tx: Transaction, paymentId: string): Promise<number> {
  const rows = await queryIn(
    tx,
    `update fulfillment.download_links l set limit_reset_at = clock_timestamp()
      where l.entitlement_id in (
        select e.id from fulfillment.ebook_entitlements e where e.payment_id = $1 and e.state <> 'revoked')
      returning l.id`,
    [paymentId],
  );
  return rows.length;
}

export async function extendLinks(
  tx: Transaction,
  paymentId: string,
  days: number,
): Promise<{ links: number; until: Date }> {
  const [row] = await queryIn<{ links: number; until: Date }>(
    tx,
    `with t as (select date_trunc('second', clock_timestamp()) + make_interval(hours => 24 * $2) as until), extended as (
       update fulfillment.download_links l set expires_at = greatest(l.expires_at, t.until)
         from t, fulfillment.ebook_entitlements e
        where e.payment_id = $1 and l.entitlement_id = e.id and e.state <> 'revoked'
          and l.origin = 'mail' and l.ended_at is null
        returning l.id)
     select (select count(*)::int from extended) as links, t.until from t`,
    [paymentId, days],
  );
  if (!row) throw new Error('Nothing was told of the links.');
  return row;
}

export async function unlinkedLines(tx: Transaction, paymentId: string): Promise<number[]> {
  const rows = await queryIn<{ lineNo: number }>(
    tx,
    `select e.line_no as "lineNo" from fulfillment.ebook_entitlements e
      where e.payment_id = $1 and e.state <> 'revoked' and cardinality(e.formats) > 0
        and not exists (
          select from fulfillment.download_links l join fulfillment.email_messages m on m.logical_key = l.mail_key
           where l.entitlement_id = e.id and l.ended_at is null and m.state = 'accepted')
      order by e.line_no`,
    [paymentId],
  );
  return rows.map(({ lineNo }) => lineNo);
}
