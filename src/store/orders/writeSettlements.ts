import type { Settlement } from '../../ports/settling.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { queryIn } from '../transaction.ts';

/** Writes facts, rights and notices of payments whose rows the caller has locked. */
export async function writeSettlements(tx: Transaction, settlements: Settlement[]): Promise<void> {
  if (settlements.length === 0) return;
  await writeFacts(tx, settlements);
  await moveEntitlements(
    tx,
    settlements.flatMap(({ moves }) => moves),
  );
  await addNotices(tx, settlements);
}

/** Whoever decided on other facts decides again (DESIGN law 5); facts that are as they were disturb nobody. */
const writeFacts = (tx: Transaction, settlements: Settlement[]) =>
  queryIn(
    tx,
    `update fulfillment.payments p
        set facts = p.facts || x.facts, facts_version = p.facts_version + 1, updated_at = clock_timestamp()
       from jsonb_to_recordset($1) x("paymentId" uuid, facts jsonb)
      where p.id = x."paymentId" and p.facts || x.facts <> p.facts`,
    [JSON.stringify(settlements.map(({ paymentId, facts }) => ({ paymentId, facts })))],
  );

/** The reason is told to the trigger that writes the history, for this transaction alone. */
async function moveEntitlements(tx: Transaction, moves: Settlement['moves']): Promise<void> {
  for (const reason of new Set(moves.map((move) => move.reason))) {
    const mine = moves.filter((move) => move.reason === reason);
    await queryIn(tx, `select set_config('fulfillment.change_reason', $1, true)`, [reason]);
    await queryIn(
      tx,
      `update fulfillment.ebook_entitlements e set state = x.state, updated_at = clock_timestamp()
         from unnest($1::uuid[], $2::text[]) x(id, state) where e.id = x.id`,
      [mine.map((move) => move.entitlementId), mine.map((move) => move.state)],
    );
  }
  if (moves.length > 0) await queryIn(tx, `select set_config('fulfillment.change_reason', '', true)`);
}

async function addNotices(tx: Transaction, settlements: Settlement[]): Promise<void> {
  const notices = settlements.flatMap(({ paymentId, notices: mine }) =>
    mine.map(({ key, kind, ...data }) => ({ paymentId, key, kind, data })),
  );
  if (notices.length === 0) return;
  await queryIn(
    tx,
    `insert into fulfillment.payment_notices (payment_id, key, kind, data)
     select x."paymentId", x.key, x.kind, x.data
       from jsonb_to_recordset($1) x("paymentId" uuid, key text, kind text, data jsonb)`,
    [JSON.stringify(notices)],
  );
}
