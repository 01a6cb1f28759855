import { afterAll, beforeAll, expect, it } from 'vitest';
import { circuitRule } from '../../../src/domain/circuit.ts';
import { Fault } from '../../../src/domain/fault.ts';
import type { Step } from '../../../src/ports/step.ts';
import { createProviderControlStore } from '../../../src/store/providers/providerControl.ts';
import { eventually } from '../../builders/engineStack.ts';
import { aBook, type Bought, startFulfilStack, type FulfilStack } from '../../builders/fulfilStack.ts';
import { startVirtualTime, type VirtualTime } from '../../builders/virtualTime.ts';
import { createMemoryMailer } from '../../fakes/memoryMailer.ts';

let time: VirtualTime;
let stack: FulfilStack;

beforeAll(async () => {
  time = await startVirtualTime();
  stack = await startFulfilStack({ database: time.database });
  await stack.importBooks(aBook('calm-checkout', 'price_1'));
});
afterAll(async () => {
  await stack.stop();
  await time.end();
});

const withoutFiles = (step: Step) =>
  ['storage', 'late_files_email', 'analytics'].includes(step.name) ? undefined : step;

/** A provider that can be made to accept calls and never to answer them. */
function silentMailer(name: string) {
  const mailer = createMemoryMailer({ name, lookup: 'none' });
  const waiting = new Set<() => void>();
  let silent = false;
  return {
    ...mailer,
    send: async (...given: Parameters<typeof mailer.send>) => {
      if (!silent) return mailer.send(...given);
      mailer.attempts.push(given[0]);
      await new Promise<void>((resolve) => waiting.add(resolve));
      throw new Fault({
        kind: 'unknown_effect',
        reason: 'answer_lost',
        message: 'The answer was lost.',
        provider: name,
      });
    },
    fallSilent: () => {
      silent = true;
    },
    /** Answers again; the calls that it has left hanging are lost. */
    wake: () => {
      silent = false;
      for (const lose of waiting) lose();
    },
  };
}

it('a provider that hangs touches three mails of a quiet shop; all others go by the next one, until it is back', async () => {
  const first = silentMailer('first');
  const second = createMemoryMailer({ name: 'second', lookup: 'none' });
  const { buy, telemetry } = stack.startFulfilling({
    mailers: [first, second],
    change: withoutFiles,
    clock: time.clock,
    providerControl: createProviderControlStore(stack.poolAs('fulfillment_worker', 3)),
    whenUnknown: () => 'hold',
    mailTimeoutMs: 600_000,
    leaseMs: 24 * 3_600_000,
  });

  const circuit = async () => {
    const [row] = await stack.rows<{ state: string; failures: number; openings: number }>(
      `select state, failures_in_a_row as failures, openings
         from fulfillment.provider_circuits where provider = 'first'`,
    );
    return row ?? { state: 'closed', failures: 0, openings: 0 };
  };
  const until = (isSo: (seen: Awaited<ReturnType<typeof circuit>>) => boolean) =>
    eventually(async () => isSo(await circuit()));
  /** One minute of a quiet shop: one order, that is sent at once by somebody or hangs. */
  async function minute(): Promise<Bought & { by: 'first' | 'second' }> {
    const [before, wasTaken] = [first.attempts.length, second.taken.length];
    const bought = await buy();
    await eventually(async () => first.attempts.length + second.taken.length > before + wasTaken);
    const by = second.taken.length > wasTaken ? 'second' : 'first';
    if (by === 'second') await stack.untilOver(bought.jobId);
    return { ...bought, by };
  }
  const pass = (seconds: number) => time.jump(seconds * 1_000);
  /** So many minutes, each to its end. */
  async function minutes(count: number) {
    const by: string[] = [];
    for (let at = 0; at < count; at += 1) {
      by.push((await minute()).by);
      await pass(60);
    }
    return by;
  }

  expect(await minutes(1)).toEqual(['first']);
  first.fallSilent();
  const hung = [await minute()];
  await pass(30);
  await until(({ failures }) => failures === 1);
  await pass(30);
  await until(({ failures }) => failures === 2);
  hung.push(await minute());
  await pass(30);
  await until(({ state }) => state === 'open');
  await pass(30);
  // It is left alone for five minutes from its opening, then one mail tries it.
  expect(await minutes(4)).toEqual(Array.from({ length: 4 }, () => 'second'));
  await pass(60);
  hung.push(await minute());
  await pass(circuitRule.probeSilenceMs / 1_000);
  await until(({ state, openings }) => state === 'open' && openings === 2);
  expect(await minutes(9)).toEqual(Array.from({ length: 9 }, () => 'second'));
  expect(hung.map(({ by }) => by)).toEqual(['first', 'first', 'first']);
  expect(first.attempts).toHaveLength(1 + 3);

  first.wake();
  for (const { jobId } of hung) await stack.until(jobId, ({ state }) => state === 'blocked');
  await pass(60);
  expect(await minutes(2)).toEqual(['first', 'first']);
  expect(await circuit()).toEqual({ state: 'closed', failures: 0, openings: 0 });
  expect(telemetry.of('provider.circuit').at(-1)).toMatchObject({ provider: 'first', change: 'closed' });
  // What may be with the first never goes by the second.
  const keys = hung.map(({ orderId }) => `receipt:${orderId}`);
  const attempts = await stack.rows<{ provider: string }>(
    `select distinct a.provider from fulfillment.email_attempts a
       join fulfillment.email_messages m on m.id = a.message_id where m.logical_key = any($1)`,
    [keys],
  );
  expect(attempts).toEqual([{ provider: 'first' }]);
}, 30_000);
