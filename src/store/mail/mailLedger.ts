import type pg from 'pg';
import { Fault } from '../../domain/fault.ts';
import type { HeldReason } from '../../domain/heldReasons.ts';
import { domainRule } from '../../domain/mailRouting.ts';
import type { MailGate } from '../../ports/mailGate.ts';
import type {
  MailAddressee,
  MailIntent,
  MailKind,
  MailKnown,
  MailLedger,
  UnansweredAttempt,
} from '../../ports/mailLedger.ts';
import type { NotMade } from '../../ports/step.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { clientOf } from '../transaction.ts';
import { stopAtGate } from './holds.ts';
import { recordResults } from './recordResults.ts';
import { announce, writeMails } from './writeMails.ts';

export function createMailLedger(pool: pg.Pool, gate: Pick<MailGate, 'judge'>): MailLedger {
  return {
    look: (logicalKey, paymentId, addressee) => look(pool, { logicalKey, paymentId, ...addressee }),
    intend: (tx, intents) => intend(tx, intents, gate),
    record: recordResults,
  };
}

/** The domain is kept in lower case, as `domainOf` has it. */
const lookStatement = `
select m.state, m.kind, m.message_id, m.from_address, m.to_address, m.bytes, m.accepted_at,
       (select jsonb_build_object(
                 'provider', a.provider,
                 'latest', not exists (select from fulfillment.email_attempts later
                                        where later.message_id = m.id and later.attempt > a.attempt),
                 'unanswered', (select count(*) from fulfillment.email_attempts u
                                 where u.message_id = m.id and coalesce(u.outcome, 'unknown') = 'unknown'),
                 'forMs', extract(epoch from clock_timestamp() - coalesce(a.finished_at, a.intended_at))::float8 * 1000,
                 'sinceFirstMs', extract(epoch from clock_timestamp() - (
                    select min(f.intended_at) from fulfillment.email_attempts f
                     where f.message_id = m.id and f.provider = a.provider))::float8 * 1000)
          from fulfillment.email_attempts a
         where a.message_id = m.id and coalesce(a.outcome, 'unknown') = 'unknown'
         order by a.attempt desc limit 1) as unanswered,
       (select coalesce(jsonb_agg(jsonb_build_object('provider', r.provider, 'final', r.final)), '[]')
          from (select a.provider, bool_or(a.final) as final from fulfillment.email_attempts a
                 where a.message_id = m.id and a.outcome = 'refused' group by a.provider) r) as refusals,
       c.email as corrected_email,
       h.reason as held_for, h.decision = 'release' as released,
       array(select s.provider from fulfillment.mail_domain_standings s
              where s.domain = lower(split_part(t.address, '@', -1)) and s.refusals >= $5
                and s.last_refused_at > clock_timestamp() - $6::float8 * interval '1 ms') as passed_over,
       array(select distinct b.provider from fulfillment.email_messages b
              where b.payment_id = $2 and b.delivery = 'bounced' and b.provider is not null
                and b.to_address = t.address) as came_back
  from (select 1) one
  left join fulfillment.buyer_corrections c on c.payment_id = $2
  cross join lateral (select case when $4 then $3 else coalesce(c.email, $3) end as address) t
  left join fulfillment.email_messages m on m.logical_key = $1
  left join fulfillment.mail_holds h on h.message_id = m.id`;

async function look(
  pool: pg.Pool,
  { logicalKey, paymentId, to, always }: MailAddressee & { logicalKey: string; paymentId: string },
): Promise<MailKnown> {
  const { rows } = await pool.query<{
    state: string | null;
    kind: MailKind;
    message_id: string;
    from_address: string;
    to_address: string;
    bytes: Buffer | null;
    accepted_at: Date | null;
    unanswered: UnansweredAttempt | null;
    refusals: Array<{ provider: string; final: boolean }>;
    corrected_email: string | null;
    held_for: HeldReason | null;
    released: boolean | null;
    passed_over: string[];
    came_back: string[];
  }>(lookStatement, [logicalKey, paymentId, to, always, domainRule.refusalsMin, domainRule.passedOverForMs]);
  const [row] = rows;
  if (!row) throw new Error('A look at a mail found nothing, not even that it is absent.');
  const about = {
    correctedEmail: row.corrected_email,
    passedOver: row.passed_over,
    cameBack: row.came_back,
  };
  if (row.state === null) return { standing: { state: 'absent' }, ...about };
  if (row.accepted_at) return { standing: { state: 'accepted', acceptedAt: row.accepted_at }, ...about };
  if (row.state === 'superseded' || row.state === 'dropped')
    return { standing: { state: row.state }, ...about };
  if (!row.bytes) throw new Error('A queued mail has no bytes.');
  const mail = { messageId: row.message_id, from: row.from_address, to: row.to_address, bytes: row.bytes };
  const { kind, unanswered, refusals } = row;
  const hold = row.held_for && { reason: row.held_for, released: row.released === true };
  return {
    standing: { state: 'queued', kind, mail, unanswered, refusals, hold },
    ...about,
  };
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
  erased: boolean;
  corrected: { email: string; at: Date } | null;
  /** Every book of it was taken away. */
  nothingOwned: boolean;
}

/** They go to a profile's address, whichever the order's is by now. */
const toProfiles = new Set<MailKind>(['claim_invitation', 'claim_reminder']);
/** What was decided about addresses is told to these very addresses, whatever is owned by now. */
const newsOfAddresses = new Set<MailKind>(['address_changed', 'profiles_merged']);

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
    else if (standing.erased) refused.set(logicalKey, 'buyer_forgotten');
    else if (newsOfAddresses.has(kind)) continue;
    else if (standing.nothingOwned && !isNews) refused.set(logicalKey, 'nothing_owned');
    else if (toProfiles.has(kind)) continue;
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
  const { rows: paid } = await clientOf(tx).query<{ id: string; takenBack: boolean; erased: boolean }>(
    `select p.id, coalesce((p.facts ->> 'taken_back')::boolean, false) as "takenBack", p.erased_at is not null as erased
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
    paid.map(({ id, takenBack, erased }) => [
      id,
      { takenBack, erased, corrected: correctionOf.get(id) ?? null, nothingOwned: ownNothing.has(id) },
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
