import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { planKey } from '../../src/domain/plan.ts';
import type { Step } from '../../src/ports/step.ts';
import { askedMailPlans } from '../../src/steps/askedMails.ts';
import { createMemoryMailer } from '../fakes/memoryMailer.ts';
import { aPurchaseLine } from '../fakes/memoryPayments.ts';
import { type BuyersStack, readMail, startBuyersStack } from './buyersStack.ts';
import { eventually } from './engineStack.ts';
import { aBook, type Bought } from './fulfilStack.ts';
import { lateRetry } from './sharedProviders.ts';
import { gate, preparing } from './steps.ts';

type Settings = NonNullable<Parameters<BuyersStack['startFulfilling']>[0]>;

export const withoutAnalytics = (step: Step) => (step.name === 'analytics' ? undefined : step);

export const newAddress = () => `jan.${randomUUID().slice(0, 8)}@example.com`;

export const buyerAt = (email: string | null) => ({
  buyer: { email, name: 'Jan Kowalski', company: null, taxIds: [], address: null, locale: 'pl' },
});

export const twoLines = { lines: [aPurchaseLine(), aPurchaseLine({ priceId: 'price_2' })] };

/** A change of steps: what prepares one of them tells of it, and its result counts once it may go on. */
export function haltedAfterPreparing(name: string) {
  const prepared = gate();
  const goOn = gate();
  const change = (step: Step) =>
    step.name === name && step.kind === 'outside'
      ? {
          ...step,
          prepare: async (...given: Parameters<ReturnType<typeof preparing>>) => {
            const ready = await preparing(step)(...given);
            prepared.open();
            await goOn.passed;
            return ready;
          },
        }
      : withoutAnalytics(step);
  return { change, prepared: prepared.passed, goOn: goOn.open };
}

/** A change of steps: a mail that is not taken waits for `makeDue`. */
export const mailTriedWhenDue = (step: Step) =>
  step.name === 'email' ? { ...step, retry: lateRetry } : withoutAnalytics(step);

/** A change of steps: files are not to be had until they are, and are looked for again after `makeDue`. */
export function missingFiles() {
  let areThere = false;
  const change = (step: Step): Step | undefined =>
    step.name === 'storage' && step.kind === 'outside'
      ? {
          ...step,
          prepare: async (...given) =>
            areThere
              ? preparing(step)(...given)
              : { kind: 'block', reason: 'file_missing', recheckMs: 3_600_000 },
        }
      : withoutAnalytics(step);
  return { change, deliver: () => void (areThere = true) };
}

/** A change of steps: files are not stored before they may be. */
export function heldFiles() {
  const mayBeStored = gate();
  const change = (step: Step) =>
    step.name === 'storage' && step.kind === 'outside'
      ? {
          ...step,
          prepare: async (...given: Parameters<ReturnType<typeof preparing>>) => {
            await mayBeStored.passed;
            return preparing(step)(...given);
          },
        }
      : withoutAnalytics(step);
  return { change, store: mayBeStored.open };
}

/** Two books for sale, workers that send what staff asks for, and what tests of buyers do again and again. */
export async function startBuyersAtWork() {
  const stack = await startBuyersStack();
  await stack.importBooks(aBook('calm-checkout', 'price_1'), aBook('second-book', 'price_2'));

  const start = (settings: Settings = {}) =>
    stack.startFulfilling({ askedMails: true, change: withoutAnalytics, ...settings });
  /** Jobs whose plans are named so and which owe something. */
  const owedBy = (plans: string) =>
    stack.rows('select from fulfillment.fulfillment_dispatch where plan_key like $1', [plans]);
  const untilSent = (plans: string) => eventually(async () => (await owedBy(plans)).length === 0);

  return {
    ...stack,
    start,
    untilSent,

    /** Mails that a test has asked for and not waited for must not be sent by the next one's worker. */
    async endTest() {
      for (const plan of askedMailPlans) {
        if ((await owedBy(planKey(plan))).length === 0) continue;
        start();
        await untilSent(planKey(plan));
      }
      await stack.stopWorkers();
    },

    /** An order that is done, with its worker and all mails that were taken. */
    async fulfilled(checkout: object = {}, settings: Settings = {}) {
      const mailer = createMemoryMailer();
      const worker = start({ mailer, ...settings });
      const bought = await worker.buy({ checkout });
      await stack.untilOver(bought.jobId);
      const mailAt = (index: number) => readMail(mailer.taken.at(index));
      return { ...bought, mailer, worker, mailAt };
    },

    clicks: (urls: string[]) => Promise.all(urls.map((url) => stack.click(url))),

    /** Whatever the job waits for is tried again at once. */
    async makeDue(jobId: string, { worker }: { worker: { wake(): void } }) {
      for (const table of ['fulfillment_job_effects', 'fulfillment_job_steps', 'fulfillment_dispatch'])
        await stack.rows(
          `update fulfillment.${table} set due_at = clock_timestamp() where job_id = $1 and due_at is not null`,
          [jobId],
        );
      worker.wake();
    },

    /** Waits for the job that an answer names, which must do what it is for. */
    async untilMailed(output: Record<string, unknown>, key = 'mailJobId') {
      const job = await stack.untilOver(String(output[key]));
      expect(job.state).toBe('completed');
      return job;
    },

    /** State and owner of every line of an order. */
    async statesOf({ orderId }: Pick<Bought, 'orderId'>) {
      const lines = await stack.rows<{ state: string; owner: string }>(
        `select e.state, o.canonical_email as owner from fulfillment.ebook_entitlements e
           join fulfillment.payments p on p.id = e.payment_id join fulfillment.profiles o on o.id = e.profile_id
          where p.order_id = $1 order by e.line_no`,
        [orderId],
      );
      return lines.map(({ state, owner }) => `${state} ${owner}`);
    },
  };
}

export type BuyersAtWork = Awaited<ReturnType<typeof startBuyersAtWork>>;
