import type { Step } from '../../src/ports/step.ts';
import { createProviderControlStore } from '../../src/store/providers/providerControl.ts';
import { aFault } from '../fakes/faultScript.ts';
import { createMemoryMailer } from '../fakes/memoryMailer.ts';
import { eventually } from './engineStack.ts';
import { aBook, startFulfilStack } from './fulfilStack.ts';
import { startVirtualTime } from './virtualTime.ts';

const withoutFiles = (step: Step) =>
  ['storage', 'late_files_email', 'analytics'].includes(step.name) ? undefined : step;

export interface OutageReport {
  orders: number;
  completed: number;
  /** Mails that the provider took, and how often it was called for them. */
  taken: number;
  calls: number;
  /** How often one call was let through to see whether it is well again. */
  probes: number;
  /** Attempts that orders have on record beyond those that were really made: nothing is wasted by waiting. */
  attemptsMostOfOne: number;
}

/** The mail provider is down for so long while orders come in; then it is well again. Time is virtual. */
export async function playMailOutage(given: {
  orders: number;
  downForMs: number;
  stepMs: number;
}): Promise<OutageReport> {
  const time = await startVirtualTime();
  const stack = await startFulfilStack({ database: time.database });
  try {
    await stack.importBooks(aBook('calm-checkout', 'price_1'));
    const mailer = createMemoryMailer({ name: 'smtp', lookup: 'none' });
    mailer.otherwise({ then: 'refuse', fault: aFault({ reason: 'smtp_unreachable' }) });
    const { buy, telemetry } = stack.startFulfilling({
      mailers: [mailer],
      change: withoutFiles,
      clock: time.clock,
      providerControl: createProviderControlStore(stack.poolAs('fulfillment_worker', 3)),
      leaseMs: 600_000,
      productRetry: true,
    });

    const isQuiet = async () => {
      const [row] = await stack.rows<{ busy: number }>(
        `select count(*)::int as busy from fulfillment.fulfillment_dispatch
          where worker is not null or due_at <= clock_timestamp()`,
      );
      return row?.busy === 0;
    };
    const untilQuiet = () => eventually(isQuiet, () => 'Something went on working.', 60_000);

    const ticks = Math.ceil(given.downForMs / given.stepMs);
    for (let tick = 0; tick < ticks; tick += 1) {
      const bought =
        Math.floor(((tick + 1) * given.orders) / ticks) - Math.floor((tick * given.orders) / ticks);
      for (let order = 0; order < bought; order += 1) await buy();
      await untilQuiet();
      await time.jump(given.stepMs);
    }
    mailer.otherwise({ then: 'accept' });
    const completed = async () => {
      const [row] = await stack.rows<{ jobs: number }>(
        `select count(*)::int as jobs from fulfillment.fulfillment_jobs where state = 'completed'`,
      );
      return row?.jobs ?? 0;
    };
    // Ten minutes are more than any wait of the circuit.
    for (let tick = 0; tick < 60 && (await completed()) < given.orders; tick += 1) {
      await time.jump(10_000);
      await untilQuiet();
    }
    const [most] = await stack.rows<{ attempts: number }>(
      `select coalesce(max(attempt), 0)::int as attempts from fulfillment.email_attempts`,
    );
    return {
      orders: given.orders,
      completed: await completed(),
      taken: new Set(mailer.taken.map(({ messageId }) => messageId)).size,
      calls: mailer.attempts.length,
      probes: telemetry.of('provider.circuit').filter(({ change }) => change === 'half_open').length,
      attemptsMostOfOne: most?.attempts ?? 0,
    };
  } finally {
    await stack.stop();
    await time.end();
  }
}
