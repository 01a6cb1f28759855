import type pg from 'pg';
import { entitlementState } from '../../domain/entitlement.ts';
import type { EntitlementStore, Grant } from '../../ports/orders.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { holdProfiles } from './holdProfiles.ts';
import { clientOf } from '../transaction.ts';
import { factsOfLine, readLockedFacts } from './paymentFacts.ts';

export function createEntitlementStore(pool: pg.Pool): EntitlementStore {
  return {
    async grant(tx, grants) {
      // Payments are locked first, so what is granted is what their facts demand at this moment.
      const facts = await readLockedFacts(
        tx,
        grants.map((grant) => grant.paymentId),
      );
      const profiles = await upsertProfiles(tx, grants);
      const rows = grants.flatMap((grant) => {
        const profile = profiles.get(grant.canonicalEmail);
        if (!profile) throw new Error('A profile was not written.');
        const payment = facts.get(grant.paymentId);
        return grant.lines.map((line) => ({
          payment_id: grant.paymentId,
          line_no: line.lineNo,
          profile_id: profile.id,
          product_id: line.productId,
          product_version: line.version,
          formats: line.formats,
          quantity: line.quantity,
          state: entitlementState({
            ...factsOfLine(payment, line.lineNo),
            filesReady: false,
            profileClaimed: profile.claimed,
          }),
        }));
      });
      await clientOf(tx).query(
        `insert into fulfillment.ebook_entitlements
           (payment_id, line_no, profile_id, product_id, product_version, formats, quantity, state)
         select x.payment_id, x.line_no, x.profile_id, x.product_id, x.product_version,
                array(select jsonb_array_elements_text(x.formats)), x.quantity, x.state
           from jsonb_to_recordset($1) x(payment_id uuid, line_no int, profile_id uuid, product_id text,
                product_version text, formats jsonb, quantity int, state text)
          order by x.payment_id, x.line_no
         on conflict (payment_id, line_no) do nothing`,
        [JSON.stringify(rows)],
      );
    },

    async ofPayment(paymentId) {
      const { rows } = await pool.query<{ id: string; line_no: number; state: string }>(
        'select id, line_no, state from fulfillment.ebook_entitlements where payment_id = $1 order by line_no',
        [paymentId],
      );
      return rows.map((row) => ({ entitlementId: row.id, lineNo: row.line_no, state: row.state }));
    },
  };
}

/** In order of the key, so that two batches that share buyers never wait for each other in a circle. */
async function upsertProfiles(
  tx: Transaction,
  grants: Grant[],
): Promise<Map<string, { id: string; claimed: boolean }>> {
  const byEmail = new Map(grants.map((grant) => [grant.canonicalEmail, grant]));
  const distinct = [...byEmail.values()].toSorted((a, b) => (a.canonicalEmail < b.canonicalEmail ? -1 : 1));
  const emails = distinct.map((grant) => grant.canonicalEmail);
  const client = clientOf(tx);
  await client.query(
    `insert into fulfillment.profiles (canonical_email, email, name, language)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[])
     on conflict (canonical_email) do nothing`,
    [
      emails,
      distinct.map((grant) => grant.email),
      distinct.map((grant) => grant.name),
      distinct.map((grant) => grant.language),
    ],
  );
  return holdProfiles(client, emails);
}
