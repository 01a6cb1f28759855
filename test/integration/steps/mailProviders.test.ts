import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FaultDetails } from '../../../src/domain/fault.ts';
import { domainRule } from '../../../src/domain/mailRouting.ts';
import type { Mailer } from '../../../src/ports/mailer.ts';
import type { Step } from '../../../src/ports/step.ts';
import { createProviderControlStore } from '../../../src/store/providers/providerControl.ts';
import { eventually } from '../../builders/engineStack.ts';
import { aBook, startFulfilStack, type Bought, type FulfilStack } from '../../builders/fulfilStack.ts';
import { aFault } from '../../fakes/faultScript.ts';
import { createMemoryMailer, type MemoryMailer, type MemoryMailerOptions } from '../../fakes/memoryMailer.ts';
import { aCheckout } from '../../fakes/memoryPayments.ts';

let stack: FulfilStack;

beforeAll(async () => {
  stack = await startFulfilStack();
  await stack.importBooks(aBook('calm-checkout', 'price_1'));
});
afterEach(async () => {
  await stack.stopWorkers();
  await stack.rows('delete from fulfillment.provider_circuits');
  await stack.rows('delete from fulfillment.mail_domain_standings');
});
afterAll(() => stack.stop());

const withoutFiles = (step: Step) =>
  ['storage', 'late_files_email', 'analytics'].includes(step.name) ? undefined : step;

interface Two {
  first: MemoryMailer;
  second: MemoryMailer;
}

const two = (first: MemoryMailerOptions = {}, second: MemoryMailerOptions = {}): Two => ({
  first: createMemoryMailer({ lookup: 'none', ...first, name: 'first' }),
  second: createMemoryMailer({ lookup: 'none', ...second, name: 'second' }),
});

const mailing = ({ first, second }: Two, fields: object = {}) =>
  stack.startFulfilling({
    mailers: [first, second],
    change: withoutFiles,
    providerControl: createProviderControlStore(stack.pool),
    ...fields,
  });

const refuse = (details: Partial<FaultDetails>) => ({ then: 'refuse' as const, fault: aFault(details) });

const mailOf = async ({ orderId }: Pick<Bought, 'orderId'>) => {
  const [row] = await stack.rows<Record<string, unknown>>(
    `select m.state, m.provider, m.ambiguities, m.delivery, m.bytes is not null as has_bytes,
            m.proven_at is not null as proven,
            array(select concat_ws(' ', a.provider, a.outcome, case when a.final then 'for good' end)
                    from fulfillment.email_attempts a where a.message_id = m.id order by a.attempt) as attempts
       from fulfillment.email_messages m where m.logical_key = $1`,
    [`receipt:${orderId}`],
  );
  return row;
};

describe('a mail with two providers', () => {
  it.each<[Partial<FaultDetails>, string]>([
    [{ kind: 'permanent', reason: 'mailbox_refused' }, 'first refused for good'],
    [{ kind: 'needs_human', reason: 'smtp_policy_refused' }, 'first refused'],
    [{ kind: 'transient', reason: 'smtp_unreachable' }, 'first refused'],
    [{ kind: 'rate_limited', reason: 'slow_down', retryAfterMs: 3_600_000 }, 'first refused'],
  ])('goes through the second once the first has certainly not taken it: %o', async (fault, told) => {
    const mailers = two();
    mailers.first.script(refuse(fault));
    const { buy } = mailing(mailers);
    const bought = await buy();
    expect(await stack.untilOver(bought.jobId)).toMatchObject({ state: 'completed' });
    expect(await mailOf(bought)).toMatchObject({
      state: 'accepted',
      provider: 'second',
      ambiguities: 0,
      attempts: [told, 'second accepted for good'],
    });
    const sent = [...mailers.first.attempts, ...mailers.second.attempts];
    expect(new Set(sent.map(({ messageId }) => messageId)).size).toBe(1);
    expect(new Set(sent.map(({ bytes }) => Buffer.from(bytes).toString('hex'))).size).toBe(1);
  });

  it('does not go elsewhere over what is wrong with itself', async () => {
    const mailers = two();
    mailers.first.script(refuse({ kind: 'permanent', reason: 'invalid_address' }));
    const { buy } = mailing(mailers);
    const bought = await buy();
    expect(await stack.untilOver(bought.jobId)).toMatchObject({ state: 'failed', reason: 'invalid_address' });
    expect(mailers.second.attempts).toHaveLength(0);
  });

  it('is given up when both refuse it for good', async () => {
    const mailers = two();
    const refused = refuse({ kind: 'permanent', reason: 'mailbox_refused' });
    mailers.first.otherwise(refused);
    mailers.second.otherwise(refused);
    const { buy } = mailing(mailers);
    const bought = await buy();
    expect(await stack.untilOver(bought.jobId)).toMatchObject({ state: 'failed', reason: 'mailbox_refused' });
    expect(await mailOf(bought)).toMatchObject({
      state: 'refused',
      attempts: ['first refused for good', 'second refused for good'],
    });
  });

  it('never goes to the second out of an unknown outcome, though the first is ill by then', async () => {
    const mailers = two({ dedupe: { windowMs: 3_600_000, repeatAfterMs: 0 } });
    mailers.first.script(
      { then: 'lose_answer', taken: true },
      refuse({ kind: 'transient', reason: 'resend_unreachable' }),
      { then: 'lose_answer', taken: false },
    );
    const { buy } = mailing(mailers);
    const bought = await buy();
    expect(await stack.untilOver(bought.jobId)).toMatchObject({ state: 'completed' });
    expect(mailers.first.taken).toHaveLength(1);
    expect(mailers.second.attempts).toHaveLength(0);
  });

  it('is not given up when one refuses it for good that another has only put off', async () => {
    const mailers = two();
    mailers.first.script(refuse({ kind: 'rate_limited', reason: 'slow_down', retryAfterMs: 5 }));
    mailers.second.otherwise(refuse({ kind: 'permanent', reason: 'message_refused' }));
    const { buy } = mailing(mailers);
    const bought = await buy();
    expect(await stack.untilOver(bought.jobId)).toMatchObject({ state: 'completed' });
    expect(await mailOf(bought)).toMatchObject({
      provider: 'first',
      attempts: ['first refused', 'second refused for good', 'first accepted for good'],
    });
  });

  it('is held when its first provider has forgotten it, though it was refused there since', async () => {
    const mailers = two({ dedupe: { windowMs: 1_000, repeatAfterMs: 0 } });
    mailers.first.script({ then: 'lose_answer', taken: true });
    mailers.first.otherwise(
      refuse({ kind: 'rate_limited', reason: 'resend_quota_exceeded', retryAfterMs: 1 }),
    );
    const { buy } = mailing(mailers);
    const bought = await buy();
    const job = await stack.until(bought.jobId, ({ state }) => state === 'blocked');
    expect(job.reason).toBe('mail_outcome_unknown');
    expect(mailers.first.taken).toHaveLength(1);
    expect(mailers.second.attempts).toHaveLength(0);
  });

  it('does not go elsewhere out of doubt because its provider was taken out of the list', async () => {
    const mailers = two({ dedupe: { windowMs: 3_600_000, repeatAfterMs: 3_600_000 } });
    mailers.first.script({ then: 'lose_answer', taken: true });
    const worker = mailing(mailers);
    const bought = await worker.buy();
    const key = `receipt:${bought.orderId}`;
    await stack.until(bought.jobId, (job) => job.effects[key]?.reason === 'mail_outcome_unknown');
    await worker.stop();
    stack.startFulfilling({ mailers: [mailers.second], change: withoutFiles, plan: worker.plan });
    const job = await stack.until(bought.jobId, ({ state }) => state === 'blocked');
    expect(job.reason).toBe('mail_outcome_unknown');
    expect(mailers.second.attempts).toHaveLength(0);
  });

  it('waits for the first when it is paused while its outcome there is unknown, and goes on there', async () => {
    const notYet = two({ dedupe: { windowMs: 3_600_000, repeatAfterMs: 3_600_000 } });
    notYet.first.script({ then: 'lose_answer', taken: true });
    const worker = mailing(notYet);
    const bought = await worker.buy();
    const key = `receipt:${bought.orderId}`;
    await stack.until(bought.jobId, (job) => job.effects[key]?.reason === 'mail_outcome_unknown');
    await worker.stop();
    await pause('first');
    const mailers = two({ dedupe: { windowMs: 3_600_000, repeatAfterMs: 0 } });
    mailing(mailers, { plan: worker.plan });
    await stack.until(bought.jobId, (job) => job.effects[key]?.reason === 'provider_paused');
    expect(mailers.second.attempts).toHaveLength(0);
    await stack.rows('delete from fulfillment.provider_circuits');
    await eventually(async () => (await dueNow(bought.jobId), mailers.first.taken.length === 1));
    expect(await stack.untilOver(bought.jobId)).toMatchObject({ state: 'completed' });
    expect(mailers.second.attempts).toHaveLength(0);
  });

  it.each(['ill', 'paused'])('goes through the second at once while the first is %s', async (how) => {
    const mailers = two();
    if (how === 'paused') await pause('first');
    else
      await stack.rows(
        `insert into fulfillment.provider_circuits (provider, state, generation, openings, retry_at)
         values ('first', 'open', 1, 1, clock_timestamp() + interval '1 hour')`,
      );
    const { buy } = mailing(mailers);
    const bought = await buy();
    expect(await stack.untilOver(bought.jobId)).toMatchObject({ state: 'completed' });
    expect(await mailOf(bought)).toMatchObject({
      provider: 'second',
      attempts: ['second accepted for good'],
    });
    expect(mailers.first.attempts).toHaveLength(0);
  });

  it('passes a provider over at a domain where it keeps being refused by policy, and only there', async () => {
    const mailers = two();
    const refused = refuse({ kind: 'needs_human', reason: 'smtp_policy_refused' });
    mailers.first.script(...Array.from({ length: domainRule.refusalsMin }, () => refused));
    const { buy } = mailing(mailers);
    for (let mail = 0; mail < domainRule.refusalsMin; mail += 1) await stack.untilOver((await buy()).jobId);
    expect(mailers.first.attempts).toHaveLength(domainRule.refusalsMin);
    const passed = await buy();
    await stack.untilOver(passed.jobId);
    expect(await mailOf(passed)).toMatchObject({ attempts: ['second accepted for good'] });
    const elsewhere = await buy({
      checkout: { buyer: { ...aCheckout().buyer, email: 'ola@elsewhere.example' } },
    });
    await stack.untilOver(elsewhere.jobId);
    expect(await mailOf(elsewhere)).toMatchObject({ attempts: ['first accepted for good'] });
    const [standing] = await stack.rows(
      'select provider, domain, refusals from fulfillment.mail_domain_standings',
    );
    expect(standing).toEqual({ provider: 'first', domain: 'example.pl', refusals: 3 });
  });
});

describe('a provider that refuses our sender', () => {
  it.each(['resend_sender_refused', 'smtp_sender_refused', 'smtp_mail_blocked', 'resend_mail_blocked'])(
    'is passed over at no domain for it: %s',
    async (reason) => {
      const mailers = two();
      mailers.first.otherwise(refuse({ kind: 'needs_human', reason }));
      const { buy } = mailing(mailers);
      for (let mail = 0; mail <= domainRule.refusalsMin; mail += 1)
        await stack.untilOver((await buy()).jobId);
      // Each mail finds out anew, so that it is used as soon as the sender is allowed there.
      expect(mailers.first.attempts).toHaveLength(domainRule.refusalsMin + 1);
      expect(mailers.second.taken).toHaveLength(domainRule.refusalsMin + 1);
      expect(await stack.rows('select from fulfillment.mail_domain_standings')).toEqual([]);
    },
  );
});

describe('a mail whose taker may still lose it', () => {
  it('completes its job with a flag, and keeps its bytes until something proves it', async () => {
    const mailer = createMemoryMailer({ lookup: 'none', acceptanceDurable: false });
    const { buy } = stack.startFulfilling({ mailer, change: withoutFiles });
    const bought = await buy();
    expect(await stack.untilOver(bought.jobId)).toMatchObject({ state: 'completed' });
    expect(await mailOf(bought)).toMatchObject({
      state: 'accepted',
      delivery: 'unproven',
      proven: false,
      has_bytes: true,
    });
    const [job] = await stack.rows('select mail_unproven from fulfillment.fulfillment_jobs where id = $1', [
      bought.jobId,
    ]);
    expect(job).toEqual({ mail_unproven: true });
  });

  it('is accepted at once, and unproven, where its taker tells all: its news prove it, not a look-up', async () => {
    const mailer = createMemoryMailer({ acceptanceDurable: false, deliveryEvents: 'all' });
    const unasked = { ...mailer, find: () => expect.fail('looked up') };
    const { buy } = stack.startFulfilling({ mailer: unasked, change: withoutFiles });
    const bought = await buy();
    expect(await stack.untilOver(bought.jobId)).toMatchObject({ state: 'completed' });
    expect(mailer.attempts).toHaveLength(1);
    expect(await mailOf(bought)).toMatchObject({ state: 'accepted', delivery: 'unproven', proven: false });
  });

  it('counts only once its copy is in the journal, and is not sent twice meanwhile', async () => {
    const mailer = createMemoryMailer({ acceptanceDurable: false, lookupLagMs: 60_000 });
    const hideAll = {
      ...mailer,
      find: async (...given: Parameters<NonNullable<typeof mailer.find>>) => {
        looks += 1;
        return looks < 3 ? undefined : mailer.find?.(...given);
      },
    };
    let looks = 0;
    const { buy } = stack.startFulfilling({ mailer: hideAll, change: withoutFiles });
    const bought = await buy();
    expect(await stack.untilOver(bought.jobId)).toMatchObject({ state: 'completed' });
    expect(mailer.attempts).toHaveLength(1);
    expect(await mailOf(bought)).toMatchObject({
      state: 'accepted',
      delivery: 'accepted',
      proven: true,
      has_bytes: false,
      ambiguities: 0,
      attempts: ['memory unknown'],
    });
  });

  it('is sent twice at most when no copy ever comes, and then it is a person’s matter', async () => {
    const mailer = createMemoryMailer({ acceptanceDurable: false, lookupLagMs: 0 });
    const blind = { ...mailer, find: async () => undefined };
    const { buy } = stack.startFulfilling({ mailer: blind, change: withoutFiles });
    const bought = await buy();
    const job = await stack.until(bought.jobId, ({ state }) => state === 'blocked');
    expect(job.reason).toBe('mail_outcome_unknown');
    expect(mailer.attempts).toHaveLength(2);
  });

  it('is sent again, as an ambiguity, when its copy does not come', async () => {
    const mailer = createMemoryMailer({ acceptanceDurable: false, lookupLagMs: 0 });
    mailer.script({ then: 'lose_answer', taken: false });
    const { buy } = stack.startFulfilling({ mailer, change: withoutFiles });
    const bought = await buy();
    expect(await stack.untilOver(bought.jobId)).toMatchObject({ state: 'completed' });
    expect(mailer.attempts).toHaveLength(2);
    expect(await mailOf(bought)).toMatchObject({ ambiguities: 1, proven: true });
  });
});

describe('a mail whose sender’s domain is changed between two attempts', () => {
  it.each<[string, MemoryMailerOptions]>([
    ['is sent again', { lookup: 'none', dedupe: { windowMs: 3_600_000, repeatAfterMs: 300 } }],
    ['is looked for', { lookupLagMs: 300 }],
  ])('%s by the Message-ID that it has, with the same sender and bytes', async (_how, options) => {
    const mailer = createMemoryMailer(options);
    mailer.script({ then: 'lose_answer', taken: true });
    const looked: string[] = [];
    const watched: Mailer = {
      ...mailer,
      ...(mailer.find && {
        find: async (messageId, signal) => {
          looked.push(messageId);
          return looked.length === 1 ? undefined : mailer.find?.(messageId, signal);
        },
      }),
    };
    const worker = stack.startFulfilling({ mailer: watched, change: withoutFiles });
    const bought = await worker.buy();
    await stack.until(
      bought.jobId,
      ({ effects }) => effects[`receipt:${bought.orderId}`]?.reason === 'mail_outcome_unknown',
    );
    await worker.stop();
    stack.startFulfilling({
      mailer: watched,
      change: withoutFiles,
      plan: worker.plan,
      fromAddress: 'shop@renamed.example',
    });
    expect(await stack.untilOver(bought.jobId)).toMatchObject({ state: 'completed' });
    const [first, ...others] = mailer.attempts;
    expect(first?.messageId).toMatch(/@lektura\.example>$/);
    for (const { messageId, from, bytes } of others)
      expect({ messageId, from, bytes }).toEqual({
        messageId: first?.messageId,
        from: first?.from,
        bytes: Buffer.from(first?.bytes ?? []),
      });
    for (const messageId of looked) expect(messageId).toBe(first?.messageId);
    expect(others.length + looked.length).toBeGreaterThan(0);
    expect(mailer.taken).toHaveLength(1);
  });
});

describe('a mail of which nobody can say whether it was taken', () => {
  it('is held for a person where its kind is to be', async () => {
    const mailer = createMemoryMailer({ lookup: 'none' });
    mailer.script({ then: 'lose_answer', taken: true });
    const { buy } = stack.startFulfilling({ mailer, change: withoutFiles, whenUnknown: () => 'hold' });
    const bought = await buy();
    const job = await stack.until(bought.jobId, ({ state }) => state === 'blocked');
    expect(job.reason).toBe('mail_outcome_unknown');
    expect(mailer.taken).toHaveLength(1);
  });

  it('is repeated once, with the same bytes, and then it is a person’s matter', async () => {
    const mailer = createMemoryMailer({ lookup: 'none' });
    mailer.otherwise({ then: 'lose_answer', taken: true });
    const { buy } = stack.startFulfilling({ mailer, change: withoutFiles });
    const bought = await buy();
    await stack.until(bought.jobId, ({ state }) => state === 'blocked');
    expect(mailer.attempts).toHaveLength(2);
    expect(await mailOf(bought)).toMatchObject({
      ambiguities: 1,
      attempts: ['memory unknown', 'memory unknown'],
    });
  });
});

const pause = (provider: string) =>
  stack.rows(
    `insert into fulfillment.provider_circuits (provider, paused_at, paused_until, paused_by, pause_reason)
     values ($1, clock_timestamp(), clock_timestamp() + interval '1 hour', 'test', 'test')
     on conflict (provider) do update set paused_at = excluded.paused_at, paused_until = excluded.paused_until,
       paused_by = 'test', pause_reason = 'test'`,
    [provider],
  );

async function dueNow(jobId: string): Promise<void> {
  for (const table of ['fulfillment_job_effects', 'fulfillment_job_steps'])
    await stack.rows(
      `update fulfillment.${table} set due_at = clock_timestamp() where job_id = $1 and due_at is not null`,
      [jobId],
    );
  await stack.rows(
    'update fulfillment.fulfillment_dispatch set due_at = clock_timestamp() where job_id = $1 and worker is null',
    [jobId],
  );
}
