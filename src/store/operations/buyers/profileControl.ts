import type { Merged, ProfileControl, ShelvedOrder, WantedMerge } from '../../../ports/profileControl.ts';
import type { Transaction } from '../../../ports/transaction.ts';
import { queryIn } from '../../transaction.ts';

/** Over a connection of `fulfillment_operations`. */
export const profileControl: ProfileControl = {
  async findShelved(tx, orderId) {
    const [row] = await queryIn<ShelvedOrder>(
      tx,
      `select p.id as "paymentId", o.id as "profileId", o.email, j.order_snapshot as "order"
         from fulfillment.payments p
         join fulfillment.ebook_entitlements e on e.payment_id = p.id
         join fulfillment.profiles o on o.id = e.profile_id
         join fulfillment.fulfillment_jobs j
           on j.payment_id = p.id and j.kind in ('fulfil', 'adopt', 'grant') and j.order_snapshot is not null
        where p.order_id = $1
        order by e.line_no limit 1`,
      [orderId],
    );
    return row;
  },
  merge,
};

async function merge(tx: Transaction, wanted: WantedMerge): Promise<Merged> {
  const { from, into, giveUpSignIn } = wanted;
  const payments = await lockPaymentsOf(tx, [from, into]);
  const [given, taking] = await lockProfiles(tx, from, into);
  if (!given || !taking || (await hasBoughtBeside(tx, [from, into], payments)))
    return { kind: 'moved_meanwhile' };
  const gaveUpSignIn = given.subject !== null && taking.subject !== null;
  if (gaveUpSignIn && !giveUpSignIn) return { kind: 'both_claimed' };

  await queryIn(
    tx,
    `update fulfillment.profiles set state = 'merged', subject = null, merged_into = $2, updated_at = clock_timestamp()
      where id = $1 or merged_into = $1`,
    [from, into],
  );
  const subject = taking.subject ?? given.subject;
  await queryIn(
    tx,
    `update fulfillment.profiles set subject = $2, state = case when $2::text is null then state else 'claimed' end,
            updated_at = clock_timestamp()
      where id = $1`,
    [into, subject],
  );
  const moved = await moveRights(tx, { from, into, isClaimed: subject !== null });
  const mergeId = await note(tx, wanted, { moved, givenUpSubject: gaveUpSignIn ? given.subject : null });
  return { kind: 'merged', mergeId, moved, gaveUpSignIn };
}

/** Whoever moves a right holds its payment. */
async function lockPaymentsOf(tx: Transaction, profiles: string[]): Promise<string[]> {
  const rows = await queryIn<{ id: string }>(
    tx,
    `select p.id from fulfillment.payments p
      where p.id in (select e.payment_id from fulfillment.ebook_entitlements e where e.profile_id = any($1))
      order by p.id for no key update of p`,
    [profiles],
  );
  return rows.map(({ id }) => id);
}

/** Undefined: merged into another by now. */
async function lockProfiles(tx: Transaction, ...ids: string[]) {
  const rows = await queryIn<{ id: string; subject: string | null; state: string }>(
    tx,
    'select o.id, o.subject, o.state from fulfillment.profiles o where o.id = any($1) order by o.canonical_email for update',
    [ids],
  );
  return ids.map((id) => rows.find((row) => row.id === id && row.state !== 'merged'));
}

async function hasBoughtBeside(tx: Transaction, profiles: string[], payments: string[]): Promise<boolean> {
  const rows = await queryIn(
    tx,
    `select from fulfillment.ebook_entitlements e
      where e.profile_id = any($1) and e.payment_id <> all ($2::uuid[]) limit 1`,
    [profiles, payments],
  );
  return rows.length > 0;
}

/** Those of the one that takes all become active with it, if it is claimed by this. */
async function moveRights(
  tx: Transaction,
  { from, into, isClaimed }: { from: string; into: string; isClaimed: boolean },
): Promise<number> {
  await queryIn(tx, `select set_config('fulfillment.change_reason', 'profiles_merged', true)`);
  const moved = await queryIn(
    tx,
    `update fulfillment.ebook_entitlements e set profile_id = $2, updated_at = clock_timestamp()
      where e.profile_id = $1 returning e.id`,
    [from, into],
  );
  if (isClaimed)
    await queryIn(
      tx,
      `update fulfillment.ebook_entitlements e set state = 'active', updated_at = clock_timestamp()
        where e.profile_id = $1 and e.state = 'pending_claim'`,
      [into],
    );
  await queryIn(tx, `select set_config('fulfillment.change_reason', '', true)`);
  return moved.length;
}

async function note(
  tx: Transaction,
  { from, into, facts, actor }: WantedMerge,
  { moved, givenUpSubject }: { moved: number; givenUpSubject: string | null },
): Promise<string> {
  const [row] = await queryIn<{ id: string }>(
    tx,
    `insert into fulfillment.profile_merges (from_profile_id, into_profile_id, facts, given_up_subject, moved, actor)
     values ($1, $2, $3, $4, $5, $6) returning id`,
    [from, into, facts, givenUpSubject, moved, actor],
  );
  if (!row) throw new Error('A merge was not noted.');
  return row.id;
}
