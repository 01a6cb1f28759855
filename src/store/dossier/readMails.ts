import { z } from 'zod';
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
  attemptCount: z.number(),
  attempts: z.array(
    z.object({
      attempt: z.number(),
      provider: z.string(),
      intendedAt: time,
      finishedAt: time.nullable(),
      outcome: z.string().nullable(),
      detail: z.string().nullable(),
    }),
  ),
});

const mailsMax = 50;
const attemptsMax = 20;

const statement = `
select m.id as "mailId", m.kind, m.state, m.ambiguities, m.provider, m.reference, m.to_address as "toAddress",
       m.created_at as "createdAt", m.accepted_at as "acceptedAt",
       (select count(*)::integer from fulfillment.email_attempts a where a.message_id = m.id) as "attemptCount",
       coalesce((select jsonb_agg(jsonb_build_object('attempt', a.attempt, 'provider', a.provider,
                 'intendedAt', a.intended_at, 'finishedAt', a.finished_at, 'outcome', a.outcome, 'detail', a.detail)
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
