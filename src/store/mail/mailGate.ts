import type pg from 'pg';
import type { HeldReason } from '../../domain/heldReasons.ts';
import {
  type GateCloser,
  heldReasonOf,
  isBeyond,
  type MailBrake,
  type MailsWritten,
  type Mode,
} from '../../domain/mailGate.ts';
import type { Clock } from '../../ports/clock.ts';
import type { MailGate } from '../../ports/mailGate.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { queryIn } from '../transaction.ts';

export interface MailGateOptions {
  /** Of role `fulfillment_worker`. */
  pool: pg.Pool;
  clock: Pick<Clock, 'elapsedMs'>;
  telemetry: Telemetry;
  mode: Mode;
  brake: MailBrake;
}

/** How long what was read is taken to be so, and what was counted that is near the limit. */
const freshMs = 1_000;
/** How long what was counted is taken to be so that is not half of what may be. */
const fewForMs = 10_000;

const read = 'select g.why from fulfillment.mail_gate g';

/** Whoever closes it waits for the lock; whoever is stopped by it holds it, so that nobody decides past them. */
const readToBeStopped = `${read} where g.state = 'closed' for share`;

/**
 * Mails that were written since the gate was opened, within the last hour: by their time-ordered keys, and no more of
 * them than are asked about.
 */
const countWritten = `
with since as (
  select fulfillment.uuid_v7_floor(greatest(g.since, clock_timestamp() - interval '1 hour')) as id
    from fulfillment.mail_gate g
)
select (select count(*)::int from (
          select from fulfillment.email_messages m where m.id >= (select since.id from since) limit $1) counted) as mails,
       (select count(*)::int from (
          select from fulfillment.email_messages m
           where m.about_past and m.id >= (select since.id from since) limit $2) counted) as past`;

const close = `
update fulfillment.mail_gate g
   set state = 'closed', why = $1, since = clock_timestamp(), changed_by = $2, counts = $3
 where g.state = 'open' returning 1`;

const closedByMode = ['shadow', 'mode', '{}'];

const openAlert = `
insert into fulfillment.alerts (rule, severity, summary, data)
values ('mail_brake', 'page', $1, $2)
on conflict (dedup_key) where resolved_at is null
do update set seen_at = clock_timestamp(), version = fulfillment.alerts.version + 1`;

/** The gate, as workers see it. */
export function createMailGate({ pool, clock, telemetry, mode, brake }: MailGateOptions): MailGate {
  let seen: { why: GateCloser | null; atMs: number } | undefined;
  let looking: Promise<GateCloser | null> | undefined;
  let counted: (MailsWritten & { atMs: number }) | undefined;

  async function look(): Promise<GateCloser | null> {
    const atMs = clock.elapsedMs();
    const { rows } = await pool.query<{ why: GateCloser | null }>(read);
    const why = whyOf(rows);
    // So that it stays closed when the mode ends: what was held meanwhile is for people to decide.
    if (mode === 'shadow' && why === null) await pool.query(close, closedByMode);
    seen = { why, atMs };
    return why;
  }

  function reasonOf(why: GateCloser | null): HeldReason | null {
    if (mode === 'shadow') return 'shadow_mode';
    return why && heldReasonOf(why);
  }

  /** Near enough, unless it is near the limit: then it is counted afresh. */
  async function written(tx: Transaction, coming: MailsWritten): Promise<MailsWritten> {
    const atMs = clock.elapsedMs();
    const agoMs = atMs - (counted?.atMs ?? -Infinity);
    if (counted && agoMs < fewForMs) {
      const about = sum(counted, coming);
      const isFew = !isBeyond(brake, { mails: about.mails * 2, past: about.past * 2 });
      if (isFew || (agoMs < freshMs && !isBeyond(brake, about))) {
        counted = { ...about, atMs: counted.atMs };
        return about;
      }
    }
    const [row = { mails: 0, past: 0 }] = await queryIn<MailsWritten>(tx, countWritten, [
      brake.perHour + 1,
      brake.pastPerHour + 1,
    ]);
    const now = sum(row, coming);
    counted = { ...now, atMs };
    return now;
  }

  async function pullBrake(tx: Transaction, { mails, past }: MailsWritten): Promise<void> {
    const counts = JSON.stringify({ mails, past });
    const [closed] = await queryIn(tx, close, ['brake', 'brake', counts]);
    if (!closed) return;
    const what =
      brake.pastPerHour > 0 && past > brake.pastPerHour
        ? `${past} mails within an hour about purchases of ${brake.pastAfterMs / 3_600_000} hours ago and more, of ${brake.pastPerHour} that may be`
        : `${mails} mails within an hour, of ${brake.perHour} that may be`;
    await queryIn(tx, openAlert, [`All mail is held: ${what}. See: fulfillment mail status.`, counts]);
    telemetry.emit({
      name: 'mail.gate',
      change: 'closed',
      why: 'brake',
      mailsInHour: mails,
      pastInHour: past,
    });
    seen = undefined;
  }

  return {
    async look() {
      if (seen && clock.elapsedMs() - seen.atMs < freshMs) return reasonOf(seen.why);
      looking ??= look().finally(() => {
        looking = undefined;
      });
      return reasonOf(await looking);
    },

    async judge(tx, coming) {
      const why = whyOf(await queryIn<{ why: GateCloser | null }>(tx, read));
      if (mode === 'shadow') {
        if (why === null) await queryIn(tx, close, closedByMode);
        return 'shadow_mode';
      }
      if (why !== null) {
        // It may have been opened while we waited for it.
        const still = whyOf(await queryIn<{ why: GateCloser | null }>(tx, readToBeStopped));
        return still && heldReasonOf(still);
      }
      if (coming.mails === 0 || (brake.perHour === 0 && brake.pastPerHour === 0)) return null;
      const now = await written(tx, coming);
      if (!isBeyond(brake, now)) return null;
      await pullBrake(tx, now);
      return 'mail_brake';
    },
  };
}

const sum = (one: MailsWritten, other: MailsWritten): MailsWritten => ({
  mails: one.mails + other.mails,
  past: one.past + other.past,
});

const whyOf = (rows: ReadonlyArray<{ why: GateCloser | null }>) => rows[0]?.why ?? null;
