import type pg from 'pg';
import { Fault } from '../../domain/fault.ts';
import type { MailIntent, MailKind, MailKnown, MailLedger, MailResult } from '../../ports/mailLedger.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { clientOf } from '../transaction.ts';

export function createMailLedger(pool: pg.Pool): MailLedger {
  return {
    look: (logicalKey, paymentId) => look(pool, logicalKey, paymentId),
    intend,
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
  }>(
    `select m.state, m.message_id, m.from_address, m.to_address, m.bytes, m.ambiguities, m.accepted_at,
            (select extract(epoch from clock_timestamp() - coalesce(a.finished_at, a.intended_at))::float8 * 1000
               from (select a.outcome, a.finished_at, a.intended_at from fulfillment.email_attempts a
                      where a.message_id = m.id order by a.attempt desc limit 1) a
              where coalesce(a.outcome, 'unknown') = 'unknown') as unanswered_for_ms,
            (select c.email from fulfillment.buyer_corrections c where c.payment_id = $2) as corrected_email
       from (select 1) one left join fulfillment.email_messages m on m.logical_key = $1`,
    [logicalKey, paymentId],
  );
  const [row] = rows;
  const correctedEmail = row?.corrected_email ?? null;
  if (!row || row.state === null) return { standing: { state: 'absent' }, correctedEmail };
  if (row.accepted_at)
    return { standing: { state: 'accepted', acceptedAt: row.accepted_at }, correctedEmail };
  if (row.state === 'superseded') return { standing: { state: 'superseded' }, correctedEmail };
  if (!row.bytes) throw new Error('A queued mail has no bytes.');
  const mail = { messageId: row.message_id, from: row.from_address, to: row.to_address, bytes: row.bytes };
  const { ambiguities, unanswered_for_ms: unansweredForMs } = row;
  return { standing: { state: 'queued', mail, ambiguities, unansweredForMs }, correctedEmail };
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
  corrected: { email: string; at: Date } | null;
  /** Every book of it was taken away. */
  nothingOwned: boolean;
}

/** Locks the payments of the mails that are about to go out and says which of them are owed no more (DESIGN law 5). */
async function noLongerOwed(tx: Transaction, intents: MailIntent[]): Promise<Map<string, string>> {
  const mails = await mailsOf(tx, intents);
  const owed = await lockOwed(tx, [...new Set(mails.map(({ paymentId }) => paymentId))]);
  const refused = new Map<string, string>();
  const superseded: string[] = [];
  for (const { logicalKey, kind, paymentId, to, writtenAt } of mails) {
    const standing = owed.get(paymentId);
    // What tells the old address of the correction goes to the old address.
    if (standing === undefined) refused.set(logicalKey, 'payment_taken_back');
    else if (kind === 'address_changed') continue;
    else if (standing.nothingOwned) refused.set(logicalKey, 'nothing_owned');
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
 * Locks payments, and says where the mails of those go that are paid and not taken back. The addresses are read in a
 * statement of their own: one that had waited for a lock would see them as they were before.
 */
async function lockOwed(tx: Transaction, paymentIds: string[]): Promise<Map<string, Owed>> {
  const { rows: paid } = await clientOf(tx).query<{ id: string }>(
    `select p.id from fulfillment.payments p
      where p.id = any($1::uuid[]) and p.paid and not coalesce((p.facts ->> 'taken_back')::boolean, false)
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
    paid.map(({ id }) => [id, { corrected: correctionOf.get(id) ?? null, nothingOwned: ownNothing.has(id) }]),
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

async function intend(tx: Transaction, intents: MailIntent[]): Promise<Map<string, string>> {
  const refused = await noLongerOwed(tx, intents);
  const owed = intents.filter((intent) => !refused.has(intent.logicalKey));
  const mails = owed.flatMap((intent) => intent.rendered ?? []);
  const client = clientOf(tx);
  if (mails.length) {
    await client.query(
      `insert into fulfillment.email_messages (logical_key, kind, payment_id, message_id, from_address, to_address, bytes, bytes_sha256)
       select x.logical_key, x.kind, x.payment_id, x.message_id, x.from_address, x.to_address, x.bytes, sha256(x.bytes)
         from unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::bytea[])
              x(logical_key, kind, payment_id, message_id, from_address, to_address, bytes)
       on conflict (logical_key) do nothing`,
      [
        mails.map((mail) => mail.logicalKey),
        mails.map((mail) => mail.kind),
        mails.map((mail) => mail.paymentId),
        mails.map((mail) => mail.messageId),
        mails.map((mail) => mail.from),
        mails.map((mail) => mail.to),
        mails.map((mail) => Buffer.from(mail.bytes)),
      ],
    );
    const links = mails.flatMap((mail) => mail.links.map((link) => ({ ...link, mailKey: mail.logicalKey })));
    await client.query(
      `insert into fulfillment.download_links (id, entitlement_id, format, origin, mail_key, expires_at)
       select x."linkId", x."entitlementId", x.format, 'mail', x."mailKey", x."expiresAt"
         from jsonb_to_recordset($1) x("linkId" uuid, "entitlementId" uuid, format text, "mailKey" text, "expiresAt" timestamptz)
       on conflict (mail_key, entitlement_id, format) do nothing`,
      [JSON.stringify(links)],
    );
  }
  const repeated = owed.filter((intent) => intent.repeats).map((intent) => intent.logicalKey);
  if (repeated.length) {
    await client.query(
      'update fulfillment.email_messages set ambiguities = ambiguities + 1 where logical_key = any($1)',
      [repeated],
    );
  }
  // Earlier attempts that never told their outcome are unknown from now on, not "not sent".
  await client.query(
    `with keys as (select m.id, x.provider, x.token from fulfillment.email_messages m
                     join unnest($1::text[], $2::text[], $3::bigint[]) x(logical_key, provider, token) on x.logical_key = m.logical_key),
          unanswered as (
            update fulfillment.email_attempts a
               set outcome = 'unknown', detail = 'no_answer_recorded', finished_at = clock_timestamp()
              from keys where a.message_id = keys.id and a.outcome is null)
     insert into fulfillment.email_attempts (message_id, attempt, provider, lease_token)
     select keys.id, coalesce((select max(a.attempt) from fulfillment.email_attempts a where a.message_id = keys.id), 0) + 1,
            keys.provider, keys.token
       from keys`,
    [
      owed.map((intent) => intent.logicalKey),
      owed.map((intent) => intent.provider),
      owed.map((intent) => intent.leaseToken),
    ],
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
