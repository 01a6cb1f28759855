import type { MailIntent } from '../../ports/mailLedger.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { clientOf } from '../transaction.ts';

/** Writes mails that are new, with their links. One that is there already keeps its first bytes. */
export async function writeMails(tx: Transaction, owed: MailIntent[]): Promise<void> {
  const mails = owed.flatMap(({ rendered, aboutPast, jobId }) =>
    rendered ? [{ ...rendered, aboutPast, jobId }] : [],
  );
  if (mails.length === 0) return;
  const client = clientOf(tx);
  await client.query(
    `insert into fulfillment.email_messages (logical_key, kind, payment_id, message_id, from_address, to_address, bytes, bytes_sha256, about_past, job_id)
       select x.logical_key, x.kind, x.payment_id, x.message_id, x.from_address, x.to_address, x.bytes, sha256(x.bytes), x.about_past, x.job_id
         from unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::boolean[], $9::uuid[])
              x(logical_key, kind, payment_id, message_id, from_address, to_address, bytes, about_past, job_id)
       on conflict (logical_key) do nothing`,
    [
      mails.map((mail) => mail.logicalKey),
      mails.map((mail) => mail.kind),
      mails.map((mail) => mail.paymentId),
      mails.map((mail) => mail.messageId),
      mails.map((mail) => mail.from),
      mails.map((mail) => mail.to),
      mails.map((mail) => Buffer.from(mail.bytes)),
      mails.map((mail) => mail.aboutPast),
      mails.map((mail) => mail.jobId),
    ],
  );
  const links = mails.flatMap((mail) => mail.links.map((link) => ({ ...link, mailKey: mail.logicalKey })));
  await client.query(
    `insert into fulfillment.download_links (id, entitlement_id, format, origin, mail_key, expires_at)
       select x."linkId", x."entitlementId", x.format, 'mail', x."mailKey", x."expiresAt"
         from jsonb_to_recordset($1) x("linkId" uuid, "entitlementId" uuid, format text, "mailKey" text, "expiresAt" timestamptz)
       on conflict do nothing`,
    [JSON.stringify(links)],
  );
}

/** Says, before any socket opens, that these mails are about to be sent. */
export async function announce(tx: Transaction, owed: MailIntent[]): Promise<void> {
  if (owed.length === 0) return;
  const client = clientOf(tx);
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
}
