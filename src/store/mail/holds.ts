import type { HeldReason } from '../../domain/heldReasons.ts';
import type { MailGate } from '../../ports/mailGate.ts';
import type { MailIntent } from '../../ports/mailLedger.ts';
import type { Held } from '../../ports/step.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { queryIn } from '../transaction.ts';

/** After a restore the journal is asked at once whether the mail went out before. */
const askJournalAfterMs = 1_000;

interface Stopped {
  /** Writes down which mails are held, once they are written themselves; says so by their logical keys. */
  write(): Promise<Map<string, Held>>;
}

/** Which of the mails that are about to be sent the gate stops: all of them, but for those that a person has let go. */
export async function stopAtGate(
  tx: Transaction,
  intents: MailIntent[],
  gate: Pick<MailGate, 'judge'>,
): Promise<Stopped> {
  const fresh = intents.filter(({ rendered }) => rendered !== null);
  const past = fresh.filter(({ aboutPast }) => aboutPast).length;
  const reason = intents.length === 0 ? null : await gate.judge(tx, { mails: fresh.length, past });
  if (reason === null) return { write: () => Promise.resolve(new Map()) };
  const released = reason === 'shadow_mode' ? new Set() : await releasedOf(tx, intents);
  const stopped = intents.filter(({ logicalKey }) => !released.has(logicalKey));
  return {
    async write() {
      await writeHolds(tx, stopped, reason);
      const held: Held = {
        kind: 'hold',
        reason,
        ...(reason === 'restore_mode' ? { recheckMs: askJournalAfterMs } : {}),
      };
      return new Map(stopped.map(({ logicalKey }) => [logicalKey, held]));
    },
  };
}

async function releasedOf(tx: Transaction, intents: MailIntent[]): Promise<Set<string>> {
  const rows = await queryIn<{ key: string }>(
    tx,
    `select m.logical_key as key from fulfillment.mail_holds h
       join fulfillment.email_messages m on m.id = h.message_id
      where m.logical_key = any($1) and h.decision = 'release'`,
    [intents.map(({ logicalKey }) => logicalKey)],
  );
  return new Set(rows.map(({ key }) => key));
}

async function writeHolds(tx: Transaction, intents: MailIntent[], reason: HeldReason): Promise<void> {
  await queryIn(
    tx,
    `insert into fulfillment.mail_holds as h (message_id, job_id, step, reason)
     select m.id, x.job_id, x.step, $4
       from unnest($1::text[], $2::uuid[], $3::text[]) x(logical_key, job_id, step)
       join fulfillment.email_messages m on m.logical_key = x.logical_key
     on conflict (message_id) do update
        set reason = excluded.reason, decision = null, decided_at = null,
            held_at = case when h.decision is null then h.held_at else excluded.held_at end`,
    [
      intents.map(({ logicalKey }) => logicalKey),
      intents.map(({ jobId }) => jobId),
      intents.map(({ step }) => step),
      reason,
    ],
  );
}
