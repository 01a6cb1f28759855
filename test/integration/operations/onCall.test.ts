import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { roles } from '../../../src/domain/permissions.ts';
import { createAcknowledgeAlert } from '../../../src/operations/alerts/acknowledgeAlert.ts';
import { createListAlerts } from '../../../src/operations/alerts/listAlerts.ts';
import { createListProviders } from '../../../src/operations/providers/listProviders.ts';
import { createPauseMail, createResumeMail } from '../../../src/operations/providers/mail.ts';
import { createPauseProvider, createResumeProvider } from '../../../src/operations/providers/pausing.ts';
import { createShowStatus, type Status } from '../../../src/operations/status/showStatus.ts';
import type { ConfiguredProviders } from '../../../src/ports/providerPauses.ts';
import { createAlertDesk } from '../../../src/store/operations/alerts/alertDesk.ts';
import { createDrillBook } from '../../../src/store/operations/providers/drillBook.ts';
import { providerPausing } from '../../../src/store/operations/providers/providerPausing.ts';
import { countWaiting, createProviderWatch } from '../../../src/store/operations/providers/providerWatch.ts';
import { createServiceStateReader } from '../../../src/store/operations/status/readServiceState.ts';
import { callerOf, type OperationsStack, startOperationsStack } from '../../builders/operationsStack.ts';
import { planOf, readStep } from '../../builders/steps.ts';

const configured: ConfiguredProviders = { mail: ['smtp', 'resend'], analytics: ['plausible'] };
const stepsOfProvider = new Map([
  ['stripe', ['resolve_order']],
  ['smtp', ['email', 'late_files_email']],
  ['storage', ['storage']],
]);

let stack: OperationsStack;
beforeAll(async () => {
  stack = await startOperationsStack((pool) => {
    const watch = createProviderWatch(pool);
    const desk = createAlertDesk(pool);
    return [
      createPauseProvider(providerPausing),
      createResumeProvider(providerPausing),
      createPauseMail(providerPausing),
      createResumeMail(providerPausing),
      createListProviders({
        watch,
        configured,
        stepsOfProvider,
        drills: { book: createDrillBook(pool), lastsMaxMs: 60_000 },
      }),
      createListAlerts(desk),
      createAcknowledgeAlert(desk),
      createShowStatus({ state: createServiceStateReader(pool), watch, slaSeconds: 300, configured }),
    ];
  });
});
beforeEach(async () => {
  await stack.admin.query('delete from fulfillment.provider_circuits');
  await stack.admin.query('delete from fulfillment.fulfillment_dispatch');
  await stack.admin.query('delete from fulfillment.alerts');
});
afterAll(() => stack.stop());

const plan = planOf([readStep('resolve_order')]);
const listed = async (provider: string) => {
  const { output } = await stack.ask('provider:list', {});
  const { providers } = output as { providers: Array<{ provider: string }> };
  return providers.find((one) => one.provider === provider);
};

/** A job of which an effect waits because its provider may not be called. */
async function addWaiting(step: string, reason: string): Promise<string> {
  const jobId = await stack.addJob(plan, { dueInMs: 60_000 });
  await stack.admin.query(
    `insert into fulfillment.fulfillment_job_effects (job_id, step, effect_key, state, reason, lease_token)
     values ($1, $2, $3, 'waiting', $4, 1)`,
    [jobId, step, `${step}:1`, reason],
  );
  return jobId;
}

describe('a provider', () => {
  it('is paused for a time with a reason, and the pause is seen, audited, and ended', async () => {
    const before = Date.now();
    const { output, auditSeq } = await stack.ask('provider:pause', { provider: 'storage', minutes: 30 });
    const { pausedUntil } = output as { pausedUntil: string };
    expect(Math.abs(Date.parse(pausedUntil) - before - 30 * 60_000)).toBeLessThan(10_000);
    expect(await listed('storage')).toMatchObject({
      state: 'paused',
      breaker: { state: 'closed', failures: 0 },
      pause: { until: pausedUntil, by: 'auth0|anna', reason: 'the buyer called' },
    });
    expect(await listed('smtp')).toMatchObject({ state: 'well', pause: null, waiting: 0 });
    const { rows } = await stack.audit.list({ target: { kind: 'provider', id: 'storage' } }, { limit: 1 });
    expect(rows[0]).toMatchObject({
      seq: auditSeq,
      action: 'provider:pause',
      before: { pausedUntil: null },
      after: { pausedUntil },
      details: { minutes: 30 },
    });

    const again = await stack.ask('provider:pause', { provider: 'storage', minutes: 1_440 });
    expect(again.output).toMatchObject({ wasPaused: true });
    await stack.ask('provider:resume', { provider: 'storage' });
    expect(await listed('storage')).toMatchObject({ state: 'well', pause: null });
    const refusal = await stack.refusalOf('provider:resume', { provider: 'storage' });
    expect(refusal).toMatchObject({ kind: 'wrong_state', code: 'provider_not_paused' });
  });

  it('is paused in the transaction of its audit: neither is there without the other', async () => {
    const requestId = randomUUID();
    await stack.admin.query(
      'alter table fulfillment.ops_audit add constraint broken check (false) not valid',
    );
    try {
      await expect(
        stack.ask('provider:pause', { provider: 'stripe', minutes: 5 }, { requestId }),
      ).rejects.toThrow('broken');
    } finally {
      await stack.admin.query('alter table fulfillment.ops_audit drop constraint broken');
    }
    expect(await listed('stripe')).toMatchObject({ pause: null });
  });

  it.each([
    [
      { provider: 'fax', minutes: 5 },
      'provider',
      'stripe, smtp, resend, listmonk, novu, storage, plausible, posthog',
    ],
    [{ provider: 'smtp', minutes: 0 }, 'minutes', ''],
    [{ provider: 'smtp', minutes: 1_441 }, 'minutes', ''],
    [{ provider: 'smtp', minutes: 1.5 }, 'minutes', ''],
  ])('is not paused by %j', async (input, field, named) => {
    const refusal = await stack.refusalOf('provider:pause', input);
    expect(refusal).toMatchObject({ kind: 'invalid_input', field });
    expect(refusal.message).toContain(named);
  });

  it('tells how many jobs wait for it, up to a bound', async () => {
    await addWaiting('email', 'provider_paused');
    const both = await addWaiting('late_files_email', 'provider_open');
    await stack.admin.query(
      `insert into fulfillment.fulfillment_job_steps (job_id, step, state, reason, lease_token)
       values ($1, 'late_files_email', 'waiting', 'provider_open', 1), ($1, 'resolve_order', 'waiting', 'not_paid', 1)`,
      [both],
    );
    await addWaiting('storage', 'stored_bytes_differ');
    // Mail that waits is counted once, at the preferred provider.
    expect(await listed('resend')).toMatchObject({ configured: true, waiting: 0 });
    expect(await listed('smtp')).toMatchObject({ waiting: 2 });
    expect(await listed('storage')).toMatchObject({ waiting: 0 });
    expect(await listed('stripe')).toMatchObject({ waiting: 0 });
    expect((await countWaiting(stack.pool, 3)).complete).toBe(false);
    expect((await countWaiting(stack.pool, 4)).complete).toBe(true);
  });

  it('shows what its breaker counts, and forgets it with the window', async () => {
    await stack.admin.query(
      `insert into fulfillment.provider_circuits (provider, state, failures, successes, retry_at, window_started_at)
       values ('smtp', 'open', 5, 1, clock_timestamp() + interval '5 s', clock_timestamp()),
              ('stripe', 'closed', 2, 9, null, clock_timestamp() - interval '31 s')`,
    );
    expect(await listed('smtp')).toMatchObject({
      state: 'ill',
      breaker: { state: 'open', failures: 5, retryAt: expect.any(String) },
    });
    expect(await listed('stripe')).toMatchObject({ state: 'well', breaker: { failures: 0, successes: 0 } });
  });
});

describe('all mail', () => {
  it('is stopped and let go again, at whichever provider carries it', async () => {
    // Also those that are not configured: another configuration must not start mail again.
    const all = ['listmonk', 'novu', 'resend', 'smtp'];
    const { output } = await stack.ask('mail:pause', { minutes: 10 });
    expect(output).toMatchObject({ providers: all, pausedUntil: expect.any(String) });
    expect(await listed('smtp')).toMatchObject({ state: 'paused' });
    expect(await listed('novu')).toMatchObject({ state: 'paused', configured: false });
    const { output: status } = await stack.ask('status:show', {});
    expect(status).toMatchObject({ mail: { ok: false, state: 'paused' }, providers: { ok: false } });
    const resumed = await stack.ask('mail:resume', {});
    expect(resumed.output).toEqual({ providers: all });
    expect(await listed('smtp')).toMatchObject({ state: 'well' });
    expect((await stack.refusalOf('mail:resume', {})).code).toBe('mail_not_paused');
  });
});

describe('what is for administrators', () => {
  it.each([
    ['provider:pause', { provider: 'smtp', minutes: 5 }, ['ops_admin']],
    ['provider:resume', { provider: 'smtp' }, ['ops_admin']],
    ['mail:pause', { minutes: 5 }, ['ops_admin']],
    ['mail:resume', {}, ['ops_admin']],
    ['alert:acknowledge', { alertId: randomUUID(), version: 1 }, ['ops_editor', 'ops_admin']],
  ])(
    '%s is refused to everybody else, and leaves nothing but a row of audit',
    async (name, input, allowed) => {
      for (const role of roles.filter((one) => !allowed.includes(one))) {
        const caller = callerOf(role, `auth0|${role}-${name}`);
        expect(await stack.refusalOf(name, input, { caller })).toMatchObject({ kind: 'not_allowed' });
        const { rows } = await stack.audit.list({ actor: caller.subject }, { limit: 5 });
        expect(rows).toMatchObject([{ action: name, result: 'refused' }]);
      }
      expect(
        await stack.rows('select from fulfillment.provider_circuits where paused_at is not null'),
      ).toEqual([]);
    },
  );

  it('can be looked at by everybody', async () => {
    for (const role of roles)
      for (const name of ['provider:list', 'alerts:list', 'status:show'])
        await expect(stack.ask(name, {}, { caller: callerOf(role) })).resolves.toMatchObject({
          auditSeq: null,
        });
  });
});

describe('an alert', () => {
  const addAlert = async (rule: string, state = 'open', severity = 'page') => {
    const [row] = await stack.rows<{ id: string }>(
      `insert into fulfillment.alerts (rule, severity, state, summary, acknowledged_at, acknowledged_by, resolved_at)
       values ($1, $3, $2, '3 jobs are late', case when $2 <> 'open' then now() end, case when $2 <> 'open' then 'eve' end,
               case when $2 = 'resolved' then now() end) returning id`,
      [rule, state, severity],
    );
    return row!.id;
  };
  const rulesOf = async (input: object) => {
    const { output } = await stack.ask('alerts:list', input);
    return output as { alerts: Array<{ rule: string }>; next: string | null };
  };

  it('is listed while it is not resolved, and afterwards when asked for, page by page', async () => {
    await addAlert('late');
    await addAlert('failing', 'acknowledged', 'ticket');
    await addAlert('silent', 'resolved');
    const names = async (input: object) => (await rulesOf(input)).alerts.map(({ rule }) => rule);
    expect(await names({})).toEqual(['failing', 'late']);
    expect(await names({ state: 'resolved' })).toEqual(['silent']);
    expect(await names({ state: 'all', severity: 'page' })).toEqual(['silent', 'late']);
    const first = await rulesOf({ state: 'all', limit: 2 });
    expect(first.alerts.map(({ rule }) => rule)).toEqual(['silent', 'failing']);
    expect(await names({ state: 'all', limit: 2, cursor: first.next })).toEqual(['late']);
  });

  it('is acknowledged once, by somebody who saw it as it is', async () => {
    const alertId = await addAlert('late');
    const { output } = await stack.ask('alert:acknowledge', { alertId, version: 1 });
    expect(output).toEqual({ alertId, version: 2, state: 'acknowledged' });
    const { alerts } = await rulesOf({ state: 'acknowledged' });
    expect(alerts).toMatchObject([
      { version: 2, acknowledged: { by: 'auth0|anna', reason: 'the buyer called' } },
    ]);
    const late = await stack.refusalOf('alert:acknowledge', { alertId, version: 1 });
    expect(late).toMatchObject({ kind: 'changed', code: 'alert_changed' });
    expect(late.changes).toMatchObject([{ what: 'acknowledged by auth0|anna' }]);
    const twice = await stack.refusalOf('alert:acknowledge', { alertId, version: 2 });
    expect(twice).toMatchObject({ kind: 'wrong_state', code: 'alert_acknowledged' });
    const unknown = await stack.refusalOf('alert:acknowledge', { alertId: randomUUID(), version: 1 });
    expect(unknown).toMatchObject({ kind: 'not_found', field: 'alertId' });
  });
});

describe('the whole at a glance', () => {
  const status = async () => (await stack.ask('status:show', {})).output as Status;

  it('is not well while nobody works, and well when somebody does and nothing is late', async () => {
    await stack.admin.query('delete from fulfillment.workers');
    expect(await status()).toMatchObject({
      ok: false,
      workers: { ok: false, alive: 0 },
      pending: { ok: true },
    });
    await stack.admin.query(
      `insert into fulfillment.workers (name, version, plan_keys, seen_at)
       values ('w1', '1', '{}', clock_timestamp()), ('w2', '1', '{}', clock_timestamp() - interval '46 s')`,
    );
    expect(await status()).toMatchObject({ ok: true, workers: { ok: true, alive: 1 } });
  });

  it('tells what is late, what has failed, and what people are told', async () => {
    const open = await stack.addJob(plan, { dueInMs: 60_000 });
    const held = await stack.addJob(plan, { dueInMs: 60_000, slaSeconds: -1 });
    await stack.admin.query(
      `update fulfillment.fulfillment_jobs set state = 'held', held_at = now(), reason = 'held_by_staff' where id = $1`,
      [held],
    );
    expect(await status()).toMatchObject({
      pending: { ok: true, beyondSla: 0, oldestJobId: open, held: 1 },
    });
    await stack.addJob(plan, { dueInMs: 60_000, slaSeconds: -1 });
    expect(await status()).toMatchObject({ ok: false, pending: { ok: false, beyondSla: 1 } });

    for (let failed = 1; failed <= 4; failed += 1) {
      const jobId = await stack.addJob(plan);
      await stack.admin.query(
        `with gone as (delete from fulfillment.fulfillment_dispatch where job_id = $1)
         update fulfillment.fulfillment_jobs set state = 'failed', reason = 'crash_loop', finished_at = now() where id = $1`,
        [jobId],
      );
      expect((await status()).failures).toEqual({ ok: failed <= 3, lastHour: failed, max: 3 });
    }
    await stack.admin.query(
      `insert into fulfillment.alerts (rule, severity, summary) values ('late', 'page', 'late'), ('odd', 'ticket', 'odd')`,
    );
    await stack.admin.query(
      `insert into fulfillment.stripe_events (content_sha256, verdict, reason) values ('\\x01', 'quarantined', 'not_json')`,
    );
    expect(await status()).toMatchObject({
      alerts: { ok: false, page: 1, ticket: 1, acknowledged: 0 },
      webhooks: { ok: false, quarantined: 1, lastReceivedAt: expect.any(String) },
    });
  });
});
