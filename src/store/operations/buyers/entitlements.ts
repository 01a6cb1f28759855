import type { NewOwner, OwnedLine, StateMove } from '../../../ports/buyerControl.ts';
import type { Transaction } from '../../../ports/transaction.ts';
import { holdProfiles } from '../../orders/holdProfiles.ts';
import { clientOf, queryIn } from '../../transaction.ts';

export function ownedLines(tx: Transaction, paymentId: string): Promise<OwnedLine[]> {
  return queryIn<OwnedLine>(
    tx,
    `select e.id as "entitlementId", e.line_no as "lineNo", e.state, owner.state = 'claimed' as claimed,
            e.formats <@ array(select f.format from fulfillment.stored_files f
                                where f.payment_id = e.payment_id and f.line_no = e.line_no and f.kind = 'copy') as "filesReady"
       from fulfillment.ebook_entitlements e
       join fulfillment.profiles owner on owner.id = e.profile_id
      where e.payment_id = $1
      order by e.line_no
        for no key update of e`,
    [paymentId],
  );
}

export async function ensureOwner(
  tx: Transaction,
  { canonicalEmail, email, name, language }: NewOwner,
): Promise<{ profileId: string; claimed: boolean }> {
  await queryIn(
    tx,
    `insert into fulfillment.profiles (canonical_email, email, name, language) values ($1, $2, $3, $4)
     on conflict (canonical_email) do nothing`,
    [canonicalEmail, email, name, language],
  );
  const owner = (await holdProfiles(clientOf(tx), [canonicalEmail])).get(canonicalEmail);
  if (!owner) throw new Error('A profile was not written.');
  return { profileId: owner.id, claimed: owner.claimed };
}

/** The reason is told to the trigger that writes the history, for this transaction alone. */
export async function moveEntitlements(
  tx: Transaction,
  moves: StateMove[],
  { reason, toProfile }: { reason: string; toProfile?: string },
): Promise<void> {
  if (moves.length === 0) return;
  await queryIn(tx, `select set_config('fulfillment.change_reason', $1, true)`, [reason]);
  await queryIn(
    tx,
    `update fulfillment.ebook_entitlements e
        set state = x.state, profile_id = coalesce($3, e.profile_id), updated_at = clock_timestamp()
       from unnest($1::uuid[], $2::text[]) x(id, state)
      where e.id = x.id`,
    [moves.map((move) => move.entitlementId), moves.map((move) => move.state), toProfile ?? null],
  );
  await queryIn(tx, `select set_config('fulfillment.change_reason', '', true)`);
}
