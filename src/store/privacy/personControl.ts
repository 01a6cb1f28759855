import type { Erased, Person, PersonControl } from '../../ports/personControl.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { queryIn } from '../transaction.ts';

/** Over a connection of `fulfillment_operations`. */
export const personControl: PersonControl = {
  find,

  async hold(tx, canonicalEmail) {
    const seen = await find(tx, canonicalEmail);
    if (!seen) return undefined;
    await lock(tx, seen);
    // What came in while it waited is not held: the caller sees a job of it that is open.
    return find(tx, canonicalEmail);
  },

  async erase(tx, { profileIds, paymentIds, addresses }: Person, actor): Promise<Erased> {
    const [row] = await queryIn<Erased>(
      tx,
      `select erasure_id as "erasureId", mails, events, files from fulfillment.erase_person($1, $2, $3, $4)`,
      [profileIds, paymentIds, addresses, actor],
    );
    if (!row) throw new Error('An erasure tells what it has erased.');
    return row;
  },
};

async function find(tx: Transaction, canonicalEmail: string): Promise<Person | undefined> {
  const profileIds = await profilesOf(tx, canonicalEmail);
  const paymentIds = await paymentsOf(tx, canonicalEmail, profileIds);
  const formerOrders = await formerOrdersOf(tx, canonicalEmail, paymentIds);
  if (profileIds.length === 0 && paymentIds.length === 0 && formerOrders === 0) return undefined;
  return {
    profileIds,
    paymentIds,
    formerOrders,
    addresses: await addressesOf(tx, canonicalEmail, profileIds),
    openJobIds: await openJobsOf(tx, paymentIds),
  };
}

/** Payments before profiles, as whoever grants and claims. */
async function lock(tx: Transaction, { paymentIds, profileIds }: Person): Promise<void> {
  await queryIn(tx, 'select from fulfillment.payments p where p.id = any($1) order by p.id for update', [
    paymentIds,
  ]);
  await queryIn(
    tx,
    'select from fulfillment.profiles o where o.id = any($1) order by o.canonical_email for update',
    [profileIds],
  );
}

/** The one that the address names, and all that were merged with it. */
async function profilesOf(tx: Transaction, canonicalEmail: string): Promise<string[]> {
  const rows = await queryIn<{ id: string }>(
    tx,
    `select o.id from fulfillment.profiles o, fulfillment.profile_named($1) named
      where o.id = named or o.merged_into = named
      order by o.canonical_email`,
    [canonicalEmail],
  );
  return rows.map(({ id }) => id);
}

/** What their profiles own, and what came no further than an order with their address. */
async function paymentsOf(tx: Transaction, canonicalEmail: string, profileIds: string[]): Promise<string[]> {
  const rows = await queryIn<{ id: string }>(
    tx,
    `select p.id from fulfillment.payments p
      where p.id in (
        select e.payment_id from fulfillment.ebook_entitlements e where e.profile_id = any($2)
        union
        select b.payment_id from fulfillment.buyer_corrections b where lower(b.email) = $1
        union
        select j.payment_id from fulfillment.fulfillment_jobs j
         where j.state <> 'completed' and j.payment_id is not null
           and lower(j.order_snapshot #>> '{buyer,email}') = $1)
      order by p.id`,
    [canonicalEmail, profileIds],
  );
  return rows.map(({ id }) => id);
}

async function openJobsOf(tx: Transaction, paymentIds: string[]): Promise<string[]> {
  const rows = await queryIn<{ id: string }>(
    tx,
    `select j.id from fulfillment.fulfillment_jobs j
      where j.payment_id = any($1) and (j.state in ('open', 'blocked', 'held')
         or exists (select from fulfillment.fulfillment_dispatch d where d.job_id = j.id))
      order by j.id`,
    [paymentIds],
  );
  return rows.map(({ id }) => id);
}

/** Their own alone: an address that an order of theirs had before it was corrected may be another buyer's. */
async function addressesOf(tx: Transaction, canonicalEmail: string, profileIds: string[]): Promise<string[]> {
  const rows = await queryIn<{ address: string }>(
    tx,
    `select o.canonical_email as address from fulfillment.profiles o where o.id = any($1)
     union
     select lower(o.email) from fulfillment.profiles o where o.id = any($1)`,
    [profileIds],
  );
  return [...new Set([canonicalEmail, ...rows.map(({ address }) => address)])];
}

async function formerOrdersOf(
  tx: Transaction,
  canonicalEmail: string,
  paymentIds: string[],
): Promise<number> {
  const [row] = await queryIn<{ orders: number }>(
    tx,
    `select count(distinct m.payment_id)::int as orders from fulfillment.email_messages m
      where lower(m.to_address) = $1 and m.payment_id <> all ($2::uuid[])`,
    [canonicalEmail, paymentIds],
  );
  return row?.orders ?? 0;
}
