import type pg from 'pg';
import { Fault } from '../../domain/fault.ts';
import type { PaidFacts, PaymentStore } from '../../ports/orders.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { clientOf } from '../transaction.ts';

export function createPaymentStore(pool: pg.Pool): PaymentStore {
  return {
    async read(paymentId) {
      const { rows } = await pool.query<{
        payment_intent_id: string | null;
        checkout_session_id: string | null;
        livemode: boolean;
        corrected_email: string | null;
      }>(
        `select p.payment_intent_id, p.checkout_session_id, p.livemode, c.email as corrected_email
           from fulfillment.payments p left join fulfillment.buyer_corrections c on c.payment_id = p.id
          where p.id = $1`,
        [paymentId],
      );
      const row = rows[0];
      if (!row) throw new Error('The payment of a job does not exist.');
      return {
        paymentIntentId: row.payment_intent_id,
        checkoutSessionId: row.checkout_session_id,
        livemode: row.livemode,
        correctedEmail: row.corrected_email,
      };
    },

    async recordFacts(tx, facts) {
      // Locks payments in key order (DESIGN law 7), then writes what Stripe said.
      await clientOf(tx).query(
        `with locked as (
           select p.id from fulfillment.payments p where p.id = any($1::uuid[]) order by p.id for update
         )
         update fulfillment.payments p
            set paid_at = x.paid_at, currency = x.currency, amount = x.amount,
                checkout_session_id = coalesce(p.checkout_session_id, x.session), updated_at = clock_timestamp()
           from locked, unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::bigint[], $5::text[]) x(id, paid_at, currency, amount, session)
          where p.id = locked.id and x.id = p.id`,
        [
          facts.map((fact) => fact.paymentId),
          facts.map((fact) => fact.paidAt),
          facts.map((fact) => fact.currency),
          facts.map((fact) => fact.amount),
          facts.map((fact) => fact.checkoutSessionId),
        ],
      );
      await insistOnAddresses(tx, facts);
    },
  };
}

/** An order that was made while its address was corrected is made again (DESIGN law 5): the payments are locked by now. */
async function insistOnAddresses(tx: Transaction, facts: PaidFacts[]): Promise<void> {
  const { rowCount } = await clientOf(tx).query(
    `select from fulfillment.buyer_corrections c join unnest($1::uuid[], $2::text[]) x(id, email) on x.id = c.payment_id
      where c.email <> x.email`,
    [facts.map((fact) => fact.paymentId), facts.map((fact) => fact.email)],
  );
  if (rowCount === 0) return;
  throw new Fault({
    kind: 'transient',
    reason: 'address_corrected',
    message: 'The address of the order was corrected meanwhile.',
  });
}
