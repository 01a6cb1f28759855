import { createHash, randomUUID } from 'node:crypto';
import type { DeliveryEvidence } from '../../src/ports/deliveryEvidence.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { noteEvidence } from '../../src/store/mail/evidence.ts';
import type { TestDatabase } from '../setup/database.ts';
import { openTestPools } from './testPools.ts';

export interface MailedOrder {
  orderId: string;
  paymentId: string;
  jobId: string;
  mailId: string;
  logicalKey: string;
  messageId: string;
}

export interface MailFields {
  kind?: string;
  to?: string;
  state?: 'queued' | 'unknown' | 'accepted' | 'refused' | 'superseded';
  provider?: string;
  reference?: string;
  /** Of one that is accepted: whether that is proven. */
  proven?: boolean;
  acceptedAgoMs?: number;
  /** What its attempts came to, the first one first. */
  attempts?: Array<{ provider: string; outcome: 'accepted' | 'refused' | 'unknown' | null; detail?: string }>;
  /** Of an order that is there already. */
  of?: MailedOrder;
  /** The job is over. */
  over?: boolean;
}

const plan = { name: 'fulfil', version: 1, steps: [{ name: 'email', version: 1, needs: [], holds: true }] };

const addOrder = `
with payment as (
  insert into fulfillment.payments (payment_key, payment_intent_id, order_id, livemode, paid)
  values ($1, $1, $2, false, true) returning id
), job as (
  insert into fulfillment.fulfillment_jobs (kind, payment_id, plan_id, sla_deadline, order_snapshot)
  select 'fulfil', id, fulfillment.plan_id($3), clock_timestamp() + interval '5 minutes', $4 from payment returning id
), dispatch as (
  insert into fulfillment.fulfillment_dispatch (job_id, plan_key, due_at)
  select id, 'fulfil@1', clock_timestamp() + interval '1 hour' from job where not $5
)
select payment.id as "paymentId", job.id as "jobId" from payment, job`;

const addMail = `
insert into fulfillment.email_messages
  (logical_key, kind, payment_id, job_id, message_id, to_address, from_address, bytes, bytes_sha256, state, provider,
   reference, accepted_at, proven_at, delivery)
values ($1, $2, $3, $4, $5, $6, 'shop@books.test', case when $11 then null else $7::bytea end, sha256($7::bytea), $8,
  case when $8 = 'accepted' then $9 end, case when $8 = 'accepted' then $10 end,
  case when $8 = 'accepted' then clock_timestamp() - $12 * interval '1 millisecond' end,
  case when $8 = 'accepted' and $11 then clock_timestamp() end,
  case when $8 = 'accepted' then case when $11 then 'accepted' else 'unproven' end end)
returning id`;

const addAttempt = `
insert into fulfillment.email_attempts (message_id, attempt, provider, lease_token, outcome, detail, finished_at)
values ($1, $2, $3, 1, $4, $5, case when $4::text is not null then clock_timestamp() end)`;

const addProgress = `
with step as (
  insert into fulfillment.fulfillment_job_steps (job_id, step, state, attempts, due_at, reason, lease_token)
  values ($1, 'email', 'waiting', 1, clock_timestamp() + interval '1 hour', 'mail_outcome_unknown', 1) on conflict do nothing
)
insert into fulfillment.fulfillment_job_effects (job_id, step, effect_key, state, attempts, due_at, reason, lease_token)
values ($1, 'email', $2, 'unknown', 1, clock_timestamp() + interval '1 hour', 'mail_outcome_unknown', 1) on conflict do nothing`;

/** Orders and their mails as workers leave them, and evidence as it comes in. */
export async function openMailedOrders(database?: TestDatabase) {
  const pools = await openTestPools(database);
  const worker = pools.poolAs('fulfillment_worker', 6);

  async function newOrder(over: boolean): Promise<Pick<MailedOrder, 'orderId' | 'paymentId' | 'jobId'>> {
    const mark = randomUUID().replaceAll('-', '');
    const orderId = `ORD-${mark.slice(0, 12)}`;
    const [row] = await pools.rows<{ paymentId: string; jobId: string }>(addOrder, [
      `pi_${mark}`,
      orderId,
      plan,
      { orderId, buyer: { email: 'anna@readers.example', name: null, language: 'en' }, lines: [] },
      over,
    ]);
    if (!row) throw new Error('No order was made.');
    return { orderId, ...row };
  }

  /** A mail with its order. By default taken by smtp, and proven. */
  async function mailed(fields: MailFields = {}): Promise<MailedOrder> {
    const { kind = 'receipt', to = 'anna@readers.example', state = 'accepted', provider = 'smtp' } = fields;
    const order = fields.of ?? (await newOrder(fields.over ?? false));
    const logicalKey = `${kind}:${order.orderId}${fields.of ? `/${randomUUID().slice(0, 8)}` : ''}`;
    const messageId = `<${createHash('sha256').update(logicalKey).digest('hex').slice(0, 40)}@books.test>`;
    const proven = state === 'superseded' || (fields.proven ?? true);
    const [mail] = await pools.rows<{ id: string }>(addMail, [
      logicalKey,
      kind,
      order.paymentId,
      order.jobId,
      messageId,
      to,
      Buffer.from('the mail'),
      state,
      provider,
      fields.reference ?? `ref-${randomUUID()}`,
      (state === 'accepted' || state === 'superseded') && proven,
      fields.acceptedAgoMs ?? 0,
    ]);
    const mailId = mail?.id ?? '';
    const attempts =
      fields.attempts ?? (state === 'accepted' ? [{ provider, outcome: 'accepted' as const }] : []);
    for (const [at, { provider: by, outcome, detail }] of attempts.entries())
      await pools.rows(addAttempt, [mailId, at + 1, by, outcome, outcome && (detail ?? 'said so')]);
    if (state !== 'accepted') await pools.rows(addProgress, [order.jobId, logicalKey]);
    return { ...order, mailId, logicalKey, messageId };
  }

  const mailOf = async (mailId: string) => {
    const [mail] = await pools.rows<{
      state: string;
      delivery: string | null;
      provider: string | null;
      reference: string | null;
      accepted: boolean;
      proven: boolean;
      hasBytes: boolean;
    }>(
      `select state, delivery, provider, reference, accepted_at is not null as accepted, proven_at is not null as proven,
              bytes is not null as "hasBytes" from fulfillment.email_messages where id = $1`,
      [mailId],
    );
    if (!mail) throw new Error('There is no such mail.');
    return mail;
  };

  /** From now on nothing can be written down about this mail; what comes back ends that. */
  async function spoil({ mailId }: MailedOrder): Promise<() => Promise<void>> {
    const name = `spoiled_${mailId.replaceAll('-', '')}`;
    await pools.rows(`alter table fulfillment.email_messages add constraint ${name}
      check (id <> '${mailId}') not valid`);
    return async () => {
      await pools.rows(`alter table fulfillment.email_messages drop constraint ${name}`);
    };
  }

  return {
    ...pools,
    worker,
    mailed,
    mailOf,
    spoil,
    note: (...evidence: DeliveryEvidence[]) => inTransaction(worker, (tx) => noteEvidence(tx, evidence)),
    alerts: (rule?: string) =>
      pools.rows<{
        rule: string;
        scope: string;
        severity: string;
        state: string;
        summary: string;
        jobId: string;
        data: object;
      }>(
        `select rule, scope, severity, state, summary, job_id as "jobId", data from fulfillment.alerts
          where rule = coalesce($1, rule) order by id`,
        [rule],
      ),
    jobsOf: (paymentId: string) =>
      pools.rows<{ kind: string; subjectKey: string; actor: string; order: object }>(
        `select j.kind, j.subject_key as "subjectKey", j.order_snapshot as order, e.actor
           from fulfillment.fulfillment_jobs j join fulfillment.fulfillment_job_events e on e.job_id = j.id and e.seq = 1
          where j.payment_id = $1 and j.subject_key is not null order by j.id`,
        [paymentId],
      ),
    parked: async () =>
      (
        await pools.rows<{ n: number }>(
          'select count(*)::int as n from fulfillment.email_evidence where message_id is null',
        )
      )[0]?.n,
  };
}

export type MailedOrders = Awaited<ReturnType<typeof openMailedOrders>>;

/** Something that was heard of a mail. Each is another event, unless it says otherwise. */
export const heard = (
  kind: DeliveryEvidence['kind'],
  fields: Partial<Omit<DeliveryEvidence, 'kind'>> = {},
): DeliveryEvidence => ({
  provider: 'smtp',
  source: 'bounce_mailbox',
  eventId: randomUUID(),
  kind,
  at: new Date(),
  ...(kind === 'bounced' && { bounce: { permanence: 'hard', cause: 'address', status: '5.1.1' } }),
  ...fields,
});
