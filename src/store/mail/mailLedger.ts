import type pg from 'pg';
import { Fault } from '../../domain/fault.ts';
import type { HeldReason } from '../../domain/heldReasons.ts';
import type { MailGate } from '../../ports/mailGate.ts';
import type { MailIntent, MailKind, MailKnown, MailLedger, MailResult } from '../../ports/mailLedger.ts';
import type { NotMade } from '../../ports/step.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { clientOf } from '../transaction.ts';
import { stopAtGate } from './holds.ts';
import { announce, writeMails } from './writeMails.ts';

export function createMailLedger(pool: pg.Pool, gate: Pick<MailGate, 'judge'>): MailLedger {
  return {
    look: (logicalKey, paymentId) => look(pool, logicalKey, paymentId),
    intend: (tx, intents) => intend(tx, intents, gate),
    record,
  };
}

async function look(pool: pg.Pool, logicalKey: string, paymentId: string): Promise<MailKnown> {
  const { rows } = await pool.query<{
    state: string | null;
    message_id: string;
    from_address: string;
    to_address: string;
    bytes: Buffer | null;
    ambiguities: number;
    accepted_at: Date | null;
    unanswered_for_ms: number | null;
    corrected_email: string | null;
    held_for: HeldReason | null;
    released: boolean | null;
  }>(
    `select m.state, m.message_id, m.from_address, m.to_address, m.bytes, m.ambiguities, m.accepted_at,
            (select extract(epoch from clock_timestamp() - coalesce(a.finished_at, a.intended_at))::float8 * 1000
               from (select a.outcome, a.finished_at, a.intended_at from fulfillment.email_attempts a
                      where a.message_id = m.id order by a.attempt desc limit 1) a
              where coalesce(a.outcome, 'unknown') = 'unknown') as unanswered_for_ms,
            (select c.email from fulfillment.buyer_corrections c where c.payment_id = $2) as corrected_email,
            h.reason as held_for, h.decision = 'release' as released
       from (select 1) one left join fulfillment.email_messages m on m.logical_key = $1
       left join fulfillment.mail_holds h on h.message_id = m.id`,
    [logicalKey, paymentId],
  );
  const [row] = rows;
  const correctedEmail = row?.corrected_email ?? null;
  if (!row || row.state === null) return { standing: { state: 'absent' }, correctedEmail };
  if (row.accepted_at)
    return { standing: { state: 'accepted', acceptedAt: row.accepted_at }, correctedEmail };
  if (row.state === 'superseded' || row.state === 'dropped')
    return { standing: { state: row.state }, correctedEmail };
  if (!row.bytes) throw new Error('A queued mail has no bytes.');
  const mail = { messageId: row.message_id, from: row.from_address, to: row.to_address, bytes: row.bytes };
  const { ambiguities, unanswered_for_ms: unansweredForMs } = row;
  const hold = row.held_for && { reason: row.held_for, released: row.released === true };
  return { standing: { state: 'queued', mail, ambiguities, unansweredForMs, hold }, correctedEmail };
}

interface AboutToGo {
  logicalKey: string;
  kind: MailKind;
  paymentId: string;
  to: string;
  /** When an earlier attempt has queued it; null: it is new. */
  writtenAt: Date | null;
}

interface Owed {
  takenBack: boolean;
  corrected: { email: string; at: Date } | null;
  /** Every book of it was taken away. */
  nothingOwned: boolean;
}

const newsOfMoney = new Set<MailKind>(['refund', 'refund_failed', 'access_ended']);

/** Locks the payments of the mails that are about to go out and says which of them are owed no more (DESIGN law 5). */
async function noLongerOwed(tx: Transaction, intents: MailIntent[]): Promise<Map<string, string>> {
  const mails = await mailsOf(tx, intents);
  const owed = await lockOwed(tx, [...new Set(mails.map(({ paymentId }) => paymentId))]);
  const refused = new Map<string, string>();
  const superseded: string[] = [];
  for (const { logicalKey, kind, paymentId, to, writtenAt } of mails) {
    const standing = owed.get(paymentId);
    // What is told of the money is owed whatever became of it since.
    const isNews = newsOfMoney.has(kind);
    if (standing === undefined || (standing.takenBack && !isNews))
      refused.set(logicalKey, 'payment_taken_back');
    // What tells the old address of the correction goes to the old address.
    else if (kind === 'address_changed') continue;
    else if (standing.nothingOwned && !isNews) refused.set(logicalKey, 'nothing_owned');
    else if (standing.corrected !== null) {
      // By time, not by address: a mail from before has dead links, though the address be the same again.
      if (writtenAt !== null && writtenAt < standing.corrected.at) {
        refused.set(logicalKey, 'address_corrected');
        superseded.push(logicalKey);
      } else if (to !== standing.corrected.email) throw renderedTooEarly();
    }
  }
  if (superseded.length > 0) await supersede(tx, superseded);
  return refused;
}

/**
 * Locks payments, and says where the mails of those go that are paid. The addresses are read in a
 * statement of their own: one that had waited for a lock would see them as they were before.
 */
async function lockOwed(tx: Transaction, paymentIds: string[]): Promise<Map<string, Owed>> {
  const { rows: paid } = await clientOf(tx).query<{ id: string; takenBack: boolean }>(
    `select p.id, coalesce((p.facts ->> 'taken_back')::boolean, false) as "takenBack"
       from fulfillment.payments p
      where p.id = any($1::uuid[]) and p.paid
      order by p.id for no key update`,
    [paymentIds],
  );
  const { rows: corrections } = await clientOf(tx).query<{ paymentId: string; email: string; at: Date }>(
    `select c.payment_id as "paymentId", c.email, c.corrected_at as at
       from fulfillment.buyer_corrections c where c.payment_id = any($1::uuid[])`,
    [paymentIds],
  );
  const { rows: revoked } = await clientOf(tx).query<{ paymentId: string }>(
    `select e.payment_id as "paymentId" from fulfillment.ebook_entitlements e
      where e.payment_id = any($1::uuid[]) group by 1 having bool_and(e.state = 'revoked')`,
    [paymentIds],
  );
  const correctionOf = new Map(corrections.map((row) => [row.paymentId, row]));
  const ownNothing = new Set(revoked.map((row) => row.paymentId));
  return new Map(
    paid.map(({ id, takenBack }) => [
      id,
      { takenBack, corrected: correctionOf.get(id) ?? null, nothingOwned: ownNothing.has(id) },
    ]),
  );
}

async function mailsOf(tx: Transaction, intents: MailIntent[]): Promise<AboutToGo[]> {
  const { rows: queued } = await clientOf(tx).query<AboutToGo>(
    `select logical_key as "logicalKey", kind, payment_id as "paymentId", to_address as "to", created_at as "writtenAt"
       from fulfillment.email_messages where logical_key = any($1)`,
    [intents.map((intent) => intent.logicalKey)],
  );
  const known = new Set(queued.map(({ logicalKey }) => logicalKey));
  return [
    ...queued,
    ...intents.flatMap(({ logicalKey, rendered }) =>
      rendered === null || known.has(logicalKey)
        ? []
        : [
            {
              logicalKey,
              kind: rendered.kind,
              paymentId: rendered.paymentId,
              to: rendered.to,
              writtenAt: null,
            },
          ],
    ),
  ];
}

const renderedTooEarly = () =>
  new Fault({
    kind: 'transient',
    reason: 'address_corrected',
    message: 'The address was corrected while the mail was rendered; it is rendered again.',
  });

/** A mail that is not sent again needs no bytes, which hold the buyer's receipt. */
async function supersede(tx: Transaction, logicalKeys: string[]): Promise<void> {
  await clientOf(tx).query(
    `update fulfillment.email_messages set state = 'superseded', bytes = null
      where logical_key = any($1) and accepted_at is null`,
    [logicalKeys],
  );
}

async function intend(
  tx: Transaction,
  intents: MailIntent[],
  gate: Pick<MailGate, 'judge'>,
): Promise<Map<string, NotMade>> {
  const refused = new Map<string, NotMade>(await noLongerOwed(tx, intents));
  const owed = intents.filter((intent) => !refused.has(intent.logicalKey));
  const stopped = await stopAtGate(tx, owed, gate);
  await writeMails(tx, owed);
  for (const [logicalKey, held] of await stopped.write()) refused.set(logicalKey, held);
  await announce(
    tx,
    owed.filter((intent) => !refused.has(intent.logicalKey)),
  );
  return refused;
}

async function record(tx: Transaction, results: MailResult[]): Promise<void> {
  if (results.length === 0) return;
  await recordOutcomes(tx, results);
  const accepted = results
    .filter((result) => result.outcome === 'accepted')
    .map((result) => result.logicalKey);
  // A mail that waited for days before it went out must not arrive with dead links.
  await clientOf(tx).query(
    `update fulfillment.download_links l
        set expires_at = greatest(l.expires_at, clock_timestamp() + (l.expires_at - l.created_at))
      where l.mail_key = any($1) and l.ended_at is null`,
    [accepted],
  );
}

async function recordOutcomes(tx: Transaction, results: MailResult[]): Promise<void> {
  await clientOf(tx).query(
    `with results as (
       select m.id, x.provider, x.outcome, x.detail, x.final from fulfillment.email_messages m
         join unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[]) x(logical_key, provider, outcome, detail, final)
           on x.logical_key = m.logical_key
     ), attempts as (
       update fulfillment.email_attempts a
          set outcome = r.outcome, detail = r.detail, finished_at = clock_timestamp()
         from results r
        where a.message_id = r.id and a.outcome is null
     ), found as (
       update fulfillment.mail_holds h
          set decision = 'found', decided_at = clock_timestamp()
         from results r
        where h.message_id = r.id and h.decision is null and r.outcome = 'accepted'
     )
     update fulfillment.email_messages m
        set state = case when r.outcome = 'refused' and not r.final then 'queued' else r.outcome end,
            provider = case when r.outcome = 'accepted' then r.provider else m.provider end,
            reference = case when r.outcome = 'accepted' then r.detail else m.reference end,
            accepted_at = case when r.outcome = 'accepted' then clock_timestamp() else m.accepted_at end,
            -- What is proven need not be kept: the bytes hold the buyer's receipt.
            bytes = case when r.outcome = 'accepted' then null else m.bytes end
       from results r
      where m.id = r.id and m.accepted_at is null`,
    [
      results.map((result) => result.logicalKey),
      results.map((result) => result.provider),
      results.map((result) => result.outcome),
      results.map((result) => result.detail.slice(0, 500)),
      results.map((result) => result.final),
    ],
  );
}
