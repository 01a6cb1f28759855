import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { eachWithin } from '../engines/batches.ts';
import { monotonicUs, type BenchOrder, type Engine } from '../engines/engine.ts';
import { findContestant } from '../engines/roster.ts';
import { requestSchema, roleSchema, type Answer, type Command } from './messages.ts';

/** One role of one engine in a process of its own. Its parent tells it what to do (messages.ts). */

const newsEveryMs = 10;

const role = roleSchema.parse(JSON.parse(process.argv[2] ?? ''));
const { entry } = findContestant(`${role.engine}:${role.variant}`);
const { createEngine } = await entry.load();
const engine = createEngine({ ...role, redisPort: role.redisPort });

interface Work {
  cpuBefore: NodeJS.CpuUsage;
  done: number;
  latenciesUs: number[];
}

const work: Work = {
  cpuBefore: process.cpuUsage(),
  done: 0,
  latenciesUs: [],
};

function ordersFrom({ firstOrder, orders }: { firstOrder: number; orders: number }): BenchOrder[] {
  return Array.from({ length: orders }, (_, index) => ({ orderId: firstOrder + index, acceptedUs: 0 }));
}

async function timed(duty: () => Promise<void>): Promise<Answer> {
  const begin = performance.now();
  await duty();
  return { ms: performance.now() - begin };
}

async function enqueueSteadily(orders: BenchOrder[], perSecond: number): Promise<void> {
  const begin = performance.now();
  const accepted: Promise<void>[] = [];
  for (const [index, order] of orders.entries()) {
    const waitMs = begin + (index * 1_000) / perSecond - performance.now();
    if (waitMs > 1) await delay(waitMs);
    accepted.push(engine.enqueueOne({ ...order, acceptedUs: monotonicUs() }));
  }
  await Promise.all(accepted);
}

async function startWorker(concurrency: number): Promise<void> {
  work.cpuBefore = process.cpuUsage();
  // No timer without news: a worker that has nothing to do must not be woken by the harness.
  let news: NodeJS.Timeout | undefined;
  const tell = () => {
    news = undefined;
    process.send?.({ news: 'done', orders: work.done });
  };
  await engine.startWorker({
    concurrency,
    onOrderDone(_orderId, acceptedUs) {
      work.done += 1;
      news ??= setTimeout(tell, newsEveryMs);
      if (acceptedUs > 0) work.latenciesUs.push(monotonicUs() - acceptedUs);
    },
  });
}

function tellUsage(): Answer {
  const { user, system } = process.cpuUsage(work.cpuBefore);
  return {
    cpuUs: user + system,
    peakRssMb: peakRssMb(),
    latenciesUs: work.latenciesUs,
  };
}

function peakRssMb(): number {
  const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

async function prefill(wanted: Extract<Command, { duty: 'prefill' }>): Promise<void> {
  if (!engine.prefill) throw new Error(`${role.engine} has no way to make a history.`);
  await engine.prefill(wanted);
}

async function obey(command: Command): Promise<Answer> {
  switch (command.duty) {
    case 'setup':
      return timed(() => engine.setup());
    case 'prefill':
      return timed(() => prefill(command));
    case 'enqueue': {
      const orders = ordersFrom(command);
      await engine.ready();
      return timed(() => engine.enqueue(orders));
    }
    case 'enqueueSingly': {
      const orders = ordersFrom(command);
      await engine.ready();
      return timed(() => eachWithin(orders, command.inFlight, (order) => engine.enqueueOne(order)));
    }
    case 'enqueueSteadily': {
      await engine.ready();
      return timed(() => enqueueSteadily(ordersFrom(command), command.perSecond));
    }
    case 'work':
      await startWorker(command.concurrency);
      return {};
    case 'countPending':
      return { pending: await engine.countPending() };
    case 'tellUsage':
      return tellUsage();
    case 'stop':
      await stop(engine);
      return {};
  }
}

async function stop(running: Engine): Promise<void> {
  await running.stop();
  // Some engines leave timers behind; the answer goes out first.
  setTimeout(() => process.exit(0), 50);
}

process.on('message', (message) => {
  const { id, command } = requestSchema.parse(message);
  obey(command).then(
    (answer) => process.send?.({ id, answer }),
    (error: unknown) => process.send?.({ id, error: error instanceof Error ? error.message : String(error) }),
  );
});
// A parent that is gone needs no worker.
process.on('disconnect', () => process.exit(1));
// Said, and survived: what an engine leaves unhandled must not end its worker in one case and not in another.
process.on('unhandledRejection', (error) => {
  const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${role.engine}:${role.variant}: ${said}\n`);
});
process.send?.({ news: 'done', orders: 0 });
