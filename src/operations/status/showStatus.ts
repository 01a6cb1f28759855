import { z } from 'zod';
import { guardrails } from '../../domain/guardrails.ts';
import { gateClosers } from '../../domain/mailGate.ts';
import type { ConfiguredProviders, ProviderRow, ProviderWatch } from '../../ports/providerPauses.ts';
import { type ServiceState, type ServiceStateReader, stateCountMax } from '../../ports/serviceState.ts';
import type { ReadOperation } from '../frame/operation.ts';

export interface ShowStatusOptions {
  state: ServiceStateReader;
  watch: Pick<ProviderWatch, 'list'>;
  /** What an order may take unless its product says otherwise. */
  slaSeconds: number;
  configured: Pick<ConfiguredProviders, 'mail'>;
}

/** What of the options judges. */
type Rules = Pick<ShowStatusOptions, 'slaSeconds' | 'configured'>;

const { failuresInHourMax, workerSilentMs, dailyOverdueMs } = guardrails;

const count = z.int().nonnegative();
const ok = z.boolean();
const output = z.strictObject({
  ok: ok.describe(
    'No order is late, few fail, and somebody is at work: what the promise to buyers hangs on.',
  ),
  at: z.string(),
  pending: z.strictObject({
    ok,
    slaSeconds: count,
    oldestAgeSeconds: z
      .int()
      .nullable()
      .describe('Of the job that has been open the longest; null when none is.'),
    oldestJobId: z.string().nullable(),
    beyondSla: count.describe(`Open jobs past their deadline, up to ${stateCountMax}.`),
    blocked: count.describe('Jobs that wait for a person or a fact.'),
    held: count.describe('Jobs that a person holds, or whose mail is held; their clock stands.'),
  }),
  failures: z.strictObject({ ok, lastHour: count, max: count }),
  workers: z.strictObject({ ok, alive: count, lastSeenAt: z.string().nullable() }),
  providers: z.strictObject({
    ok,
    paused: z.array(z.strictObject({ provider: z.string(), until: z.string() })),
    ill: z.array(z.string()).describe('Those whose breaker is open, or being tried.'),
  }),
  mail: z.strictObject({
    ok,
    state: z
      .enum(['sending', 'paused', 'ill', 'held'])
      .describe(
        'sending: at least one provider carries it. paused, ill: none does. held: by the brake, restore mode or shadow mode, until a person releases or drops it.',
      ),
    pausedUntil: z.string().nullable(),
    heldBy: z.enum(gateClosers).nullable(),
    heldSince: z.string().nullable(),
    heldMails: count.describe(`Mails that wait for a person, up to ${stateCountMax}.`),
  }),
  webhooks: z.strictObject({
    ok: ok.describe('No event waits for somebody to look at it.'),
    lastReceivedAt: z.string().nullable(),
    quarantined: count,
  }),
  upkeep: z.strictObject({
    ok: ok.describe(
      'What is done once a day (anchoring and pruning the audit, removing what is old) was done.',
    ),
    lastDoneAt: z.string().nullable(),
  }),
  alerts: z.strictObject({
    ok: ok.describe('Nothing that pages somebody is open.'),
    page: count,
    ticket: count,
    acknowledged: count.describe('How many of them somebody has acknowledged.'),
  }),
});
export type Status = z.infer<typeof output>;

const input = z.strictObject({});

/** The whole at a glance, and what in it breaks the promise. */
export function createShowStatus({
  state,
  watch,
  ...rules
}: ShowStatusOptions): ReadOperation<z.infer<typeof input>, Status> {
  return {
    kind: 'read',
    name: 'status:show',
    permission: 'status:read',
    summary: 'Show how the whole stands, and which conditions of the promise are broken',
    path: '/status',
    input,
    output,
    async read() {
      const [now, providers] = await Promise.all([state.read(workerSilentMs), watch.list()]);
      return statusOf(now, providers, rules);
    },
  };
}

/** Judges a state. Pure, so that every condition can be shown on both of its sides. */
export function statusOf(
  now: ServiceState,
  providers: readonly ProviderRow[],
  { slaSeconds, configured }: Rules,
): Status {
  const { oldestOpen, alerts } = now;
  const pending = {
    ok: now.beyondSla === 0,
    slaSeconds,
    oldestAgeSeconds: oldestOpen && secondsSince(oldestOpen.acceptedAt, now.at),
    oldestJobId: oldestOpen?.jobId ?? null,
    beyondSla: now.beyondSla,
    blocked: now.blocked,
    held: now.held,
  };
  const failures = {
    ok: now.failedLastHour <= failuresInHourMax,
    lastHour: now.failedLastHour,
    max: failuresInHourMax,
  };
  const workers = {
    ok: now.workers.alive > 0,
    alive: now.workers.alive,
    lastSeenAt: now.workers.lastSeenAt?.toISOString() ?? null,
  };
  return {
    ok: pending.ok && failures.ok && workers.ok,
    at: now.at.toISOString(),
    pending,
    failures,
    workers,
    ...providersOf(providers, now.mailGate, configured.mail),
    webhooks: {
      ok: now.quarantined === 0,
      lastReceivedAt: now.lastWebhookAt?.toISOString() ?? null,
      quarantined: now.quarantined,
    },
    upkeep: {
      ok: now.lastUpkeepAt !== null && now.at.getTime() - now.lastUpkeepAt.getTime() <= dailyOverdueMs,
      lastDoneAt: now.lastUpkeepAt?.toISOString() ?? null,
    },
    alerts: { ok: alerts.page === 0, ...alerts },
  };
}

const secondsSince = (then: Date, now: Date) => Math.round((now.getTime() - then.getTime()) / 1_000);

function providersOf(
  rows: readonly ProviderRow[],
  gate: ServiceState['mailGate'],
  mailProviders: readonly string[],
): Pick<Status, 'providers' | 'mail'> {
  const paused = rows.flatMap(({ provider, pause }) =>
    pause ? [{ provider, until: pause.until.toISOString() }] : [],
  );
  const ill = rows.filter(({ state }) => state !== 'closed').map(({ provider }) => provider);
  // Mail goes out as long as one of those that carry it may be called.
  const pausedMail = paused.filter(({ provider }) => mailProviders.includes(provider));
  const isPaused = pausedMail.length === mailProviders.length;
  const isStuck = (provider: string) =>
    ill.includes(provider) || pausedMail.some((one) => one.provider === provider);
  const flowing = isPaused ? 'paused' : mailProviders.every(isStuck) ? 'ill' : 'sending';
  const mail = gate.why === null ? flowing : 'held';
  return {
    providers: { ok: paused.length === 0 && ill.length === 0, paused, ill },
    mail: {
      ok: mail === 'sending',
      state: mail,
      pausedUntil: isPaused ? (pausedMail.map(({ until }) => until).toSorted()[0] ?? null) : null,
      heldBy: gate.why,
      heldSince: gate.why === null ? null : gate.since.toISOString(),
      heldMails: gate.heldMails,
    },
  };
}
