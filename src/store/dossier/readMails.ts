import { z } from 'zod';
import { deliveryStates } from '../../domain/deliveryState.ts';
import type { DossierMail } from '../../ports/orderDossier.ts';
import { ask, type Database } from '../shelf/ask.ts';
import { time } from './jsonObject.ts';

const rowSchema = z.object({
  mailId: z.string(),
  kind: z.string(),
  state: z.string(),
  ambiguities: z.number(),
  provider: z.string().nullable(),
  reference: z.string().nullable(),
  toAddress: z.string(),
  createdAt: z.date(),
  acceptedAt: z.date().nullable(),
  provenAt: z.date().nullable(),
  delivery: z.enum(deliveryStates).nullable(),
  awaitsReport: z.boolean(),
  evidence: z.array(
    z.object({
      kind: z.string(),
      at: time,
      source: z.string(),
      provider: z.string().nullable(),
      permanence: z.string().nullable(),
      cause: z.string().nullable(),
      status: z.string().nullable(),
    }),
  ),
  attemptCount: z.number(),
  attempts: z.array(
    z.object({
      attempt: z.number(),
      provider: z.string(),
      intendedAt: time,
      finishedAt: time.nullable(),
      outcome: z.string().nullable(),
      final: z.boolean(),
      detail: z.string().nullable(),
    }),
  ),
});

const mailsMax = 50;
const attemptsMax = 20;
const evidenceMax = 20;

const statement = `
select m.id as "mailId", m.kind, m.state, m.ambiguities, m.provider, m.reference, m.to_address as "toAddress",
       m.created_at as "createdAt", m.accepted_at as "acceptedAt",
       m.proven_at as "provenAt", m.delivery,
       m.delivery is not distinct from 'accepted'
         and not exists (select from fulfillment.email_evidence e where e.message_id = m.id)
         and exists (select from fulfillment.mail_report_standings r
                      where r.provider = m.provider and r.answer_proves and m.accepted_at >= r.expected_since) as "awaitsReport",
       coalesce((select jsonb_agg(jsonb_build_object('kind', e.kind, 'at', e.at, 'source', e.source, 'provider', e.provider,
                 'permanence', e.permanence, 'cause', e.cause, 'status', e.status) order by e.at, e.id)
          from (select * from fulfillment.email_evidence x where x.message_id = m.id
                 order by x.at desc, x.id desc limit ${evidenceMax}) e), '[]') as evidence,
       (select count(*)::integer from fulfillment.email_attempts a where a.message_id = m.id) as "attemptCount",
       coalesce((select jsonb_agg(jsonb_build_object('attempt', a.attempt, 'provider', a.provider,
                 'intendedAt', a.intended_at, 'finishedAt', a.finished_at, 'outcome', a.outcome, 'final', a.final,
                 'detail', a.detail)
                 order by a.attempt)
          from (select * from fulfillment.email_attempts x where x.message_id = m.id
                 order by x.attempt desc limit ${attemptsMax}) a), '[]') as attempts
  from fulfillment.email_messages m where m.payment_id = $1
 order by m.created_at desc, m.id desc limit ${mailsMax}`;

/** The latest mails of a payment with their latest attempts, the oldest first. */
export async function readMails(database: Database, paymentId: string): Promise<DossierMail[]> {
  const rows = await ask(database, statement, [paymentId]);
  return z.array(rowSchema).parse(rows).toReversed();
}
