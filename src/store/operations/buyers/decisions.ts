import type { Transaction } from '../../../ports/transaction.ts';
import { queryIn } from '../../transaction.ts';

export async function correctedEmail(tx: Transaction, paymentId: string): Promise<string | null> {
  const [row] = await queryIn<{ email: string }>(
    tx,
    'select c.email from fulfillment.buyer_corrections c where c.payment_id = $1',
    [paymentId],
  );
  return row?.email ?? null;
}

export async function correctEmail(tx: Transaction, paymentId: string, email: string): Promise<void> {
  await queryIn(
    tx,
    `with correction as (
       insert into fulfillment.buyer_corrections (payment_id, email) values ($1, $2)
       on conflict (payment_id) do update set email = excluded.email, corrected_at = clock_timestamp()
     )
     update fulfillment.payments p
        set facts_version = p.facts_version + 1, updated_at = clock_timestamp() where p.id = $1`,
    [paymentId, email],
  );
}

export async function revokedLines(tx: Transaction, paymentId: string): Promise<number[]> {
  const [row] = await queryIn<{ lines: number[] | null }>(
    tx,
    `select p.facts -> 'revoked_lines' as lines from fulfillment.payments p where p.id = $1`,
    [paymentId],
  );
  return row?.lines ?? [];
}

export async function setRevokedLines(tx: Transaction, paymentId: string, lines: number[]): Promise<void> {
  await queryIn(
    tx,
    `update fulfillment.payments p
        set facts = p.facts || jsonb_build_object('revoked_lines', $2::jsonb),
            facts_version = p.facts_version + 1, updated_at = clock_timestamp()
      where p.id = $1`,
    [paymentId, JSON.stringify(lines)],
  );
}
