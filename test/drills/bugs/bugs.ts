import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { DrillHooks } from '../../../src/main/drillHooks.ts';
import type { IntakeStore } from '../../../src/ports/intakeStore.ts';
import type { JobRecord, JobStore } from '../../../src/ports/jobStore.ts';
import type { Mailer } from '../../../src/ports/mailer.ts';
import type { CommitStep, OutsideStep, Step } from '../../../src/ports/step.ts';
import { clientOf } from '../../../src/store/transaction.ts';

/**
 * Mistakes that engineers make in such a product, each put between its parts as if it were one of them. They are here
 * to be found: a drill that does not find its mistake would not find it in the product either.
 */
const bugs = {
  /** Answers a webhook before what it tells is committed. */
  acknowledgesBeforeCommit: intake((store) => ({
    ...store,
    accept: async (event, purchase) => {
      void store.accept(event, purchase).catch(() => undefined);
      await pause(1);
      return { outcome: 'accepted', jobId: null };
    },
  })),

  /** Writes whoever holds the lease. */
  writesWithoutFence: jobs((store) => ({
    ...store,
    async lockHeld(tx, held) {
      const locked = await store.lockHeld(tx, held);
      return { ...locked, lost: new Set() };
    },
    extendLeases: async (leases) => ({ extended: new Set(leases), busy: new Set() }),
  })),

  /** Names an effect anew at every look. */
  namesEffectsAnew: outside('storage', (step) => ({
    ...step,
    effects: (job) =>
      step.effects(job).map((effect) => ({ ...effect, key: `${effect.key}#${randomUUID()}` })),
  })),

  /** Takes a receipt's number in a transaction of its own, and gives it back in that of the receipt. */
  takesNumbersAhead: commit('receipt', (step) => ({
    ...step,
    async commit(tx, views) {
      const { host, port, user, password, database } = clientOf(tx) as pg.Client;
      const own = new pg.Client({ host, port, user, password, database });
      await own.connect();
      const { rowCount } = await own.query(
        'update fulfillment.receipt_series set last_number = last_number + 1',
      );
      await own.end();
      if (rowCount)
        await clientOf(tx).query('update fulfillment.receipt_series set last_number = last_number - 1');
      return step.commit(tx, views);
    },
  })),

  /** Does not ask whether an unanswered mail was taken. */
  repeatsUnansweredMail: mailer((one) => ({ ...one, find: () => Promise.resolve(undefined) })),

  /** Says that a mail is sent, and sends it a little later. */
  recordsMailBeforeSending: mailer((one) => ({
    ...one,
    send: async (mail, signal) => {
      setTimeout(() => void one.send(mail, signal).catch(() => undefined), 1_000);
      await pause(1);
      return { provider: one.name, reference: '250 queued', evidence: 'answer' };
    },
  })),

  /** Puts a job that waits for its retry off for ever, whichever of its steps is the last to be recorded. */
  forgetsRetries: records((record) =>
    record.release?.dueAt ? { ...record, release: { dueAt: new Date('2099-01-01T00:00:00Z') } } : record,
  ),

  /** Leaves what another one has begun alone. */
  leavesBegunWork: jobs((store) => ({
    ...store,
    async claim(request) {
      const claimed = await store.claim(request);
      return { ...claimed, jobs: claimed.jobs.filter(({ lease }) => lease.token === 1n) };
    },
  })),

  /** Takes every event for a payment of its own. */
  countsEventsAsPayments: intake((store) => ({
    ...store,
    accept: (event, purchase) =>
      store.accept(
        event,
        purchase && 'paid' in purchase
          ? {
              ...purchase,
              paymentKey: event.eventId ?? '',
              paymentIntentId: null,
              checkoutSessionId: null,
            }
          : purchase,
      ),
  })),

  /** Grants the first book of an order. */
  grantsOneLine: commit('entitlement', (step) => ({
    ...step,
    commit: (tx, views) =>
      step.commit(
        tx,
        views.map((view) => {
          const order = view.order as { lines: unknown[] };
          return Object.assign(Object.create(view) as typeof view, {
            order: { ...order, lines: order.lines.slice(0, 1) },
          });
        }),
      ),
  })),

  /** Leaves lines out of the timeline. */
  leavesLinesOut: records((record) => ({
    ...record,
    events: record.events.filter(({ kind }) => kind !== 'effect.done'),
  })),

  /** Takes a COMMIT whose answer is missing for one that has happened. */
  believesInCommits: jobs((store) => ({
    ...store,
    async inTransaction<T>(work: Parameters<JobStore['inTransaction']>[0]) {
      let result: unknown;
      let finished = false;
      return (await store
        .inTransaction(async (tx) => {
          result = await work(tx);
          finished = true;
          return result;
        })
        .catch((error: unknown) => {
          if (!finished) throw error;
          return result;
        })) as T;
    },
  })),

  /** Tells analytics each time of another event. */
  tellsAnalyticsAnew: outside('analytics', (step) => ({
    ...step,
    make: (input, context) => {
      const prepared = input.prepared as { id: string };
      return step.make(
        {
          ...input,
          prepared: {
            ...prepared,
            id: context.attempt === 1 ? prepared.id : `${prepared.id}-${context.attempt}`,
          },
        },
        context,
      );
    },
  })),

  /** Says "200" to what it cannot read, and keeps nothing of it. */
  swallowsPoison: intake((store) => ({
    ...store,
    accept: async (event, purchase) =>
      event.verdict === 'quarantined'
        ? { outcome: 'quarantined', jobId: null }
        : store.accept(event, purchase),
  })),
} satisfies Record<string, (hooks: DrillHooks) => DrillHooks>;

export type BugName = keyof typeof bugs;
export const bugNames = Object.keys(bugs) as BugName[];

/** The product's hooks, with a mistake among them. */
export const plantBug = (name: BugName, hooks: DrillHooks): DrillHooks => bugs[name](hooks);

/** Whether it is one of the process that takes webhooks. */
export const isAtDoor = (name: BugName): boolean => plantBug(name, {}).intakeStore !== undefined;

type Planting = (hooks: DrillHooks) => DrillHooks;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const after = <T>(before: ((one: T) => T) | undefined, change: (one: T) => T) =>
  before ? (one: T) => change(before(one)) : change;

function intake(change: (store: IntakeStore) => IntakeStore): Planting {
  return (hooks) => ({ ...hooks, intakeStore: after(hooks.intakeStore, change) });
}

function jobs(change: (store: JobStore) => JobStore): Planting {
  return (hooks) => ({ ...hooks, jobStore: after(hooks.jobStore, change) });
}

function records(change: (record: JobRecord) => JobRecord): Planting {
  return jobs((store) => ({ ...store, record: (tx, all) => store.record(tx, all.map(change)) }));
}

function mailer(change: (mailer: Mailer) => Mailer): Planting {
  return (hooks) => ({ ...hooks, mailer: after(hooks.mailer, change) });
}

function step(name: string, change: (step: Step) => Step): Planting {
  return (hooks) => ({ ...hooks, step: after(hooks.step, (one) => (one.name === name ? change(one) : one)) });
}

function outside(name: string, change: (step: OutsideStep) => OutsideStep): Planting {
  return step(name, (one) => (one.kind === 'outside' ? change(one) : one));
}

function commit(name: string, change: (step: CommitStep) => CommitStep): Planting {
  return step(name, (one) => (one.kind === 'commit' ? change(one) : one));
}
