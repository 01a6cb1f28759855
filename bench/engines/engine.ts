/** One paid order: five steps are owed to it (effects.ts). */
export interface BenchOrder {
  orderId: number;
  /** When it was handed to the engine, by `monotonicUs`; the engine carries it to the last step. 0: nobody asks. */
  acceptedUs: number;
}

export interface WorkerRun {
  /** Handlers in flight, as tuned per engine in the roster. Engines that work in sets read it as they see fit. */
  concurrency: number;
  /** To be called once an order's fifth step is done. */
  onOrderDone(orderId: number, acceptedUs: number): void;
}

/**
 * What every engine has to be able to do. Each role (setting up, enqueueing, working) runs in a process of its own, with
 * an `Engine` of its own, so that a worker's CPU time and memory are the worker's alone.
 */
export interface Engine {
  /** Makes the engine's tables and `bench_effects` in an empty database. Harmless when they exist. */
  setup(): Promise<void>;
  /** Connects for enqueueing, before the clock starts. */
  ready(): Promise<void>;
  /** Accepts a backlog, in the fastest form the engine has. */
  enqueue(orders: BenchOrder[]): Promise<void>;
  /** Accepts one order, durably: it resolves once the order cannot be lost. */
  enqueueOne(order: BenchOrder): Promise<void>;
  /** Starts working. Resolves once the engine runs; it works until `stop`. */
  startWorker(run: WorkerRun): Promise<void>;
  /** Orders that are not in their final state yet. Asked of a worker. */
  countPending(): Promise<number>;
  /** Adds so many finished orders, as copies of one that the engine really finished. Absent: history is not measured. */
  prefill?(history: FinishedOrders): Promise<void>;
  stop(): Promise<void>;
}

export interface FinishedOrders {
  orders: number;
  /** With everything the engine keeps of a finished order, or only its row in the table of jobs. */
  everything: boolean;
}

export interface EngineContext {
  variant: string;
  /** As the superuser. */
  databaseUrl: string;
  /** Of the private Redis, where there is one. */
  redisPort: number | undefined;
  /** Unique among the workers of one measurement. */
  processName: string;
  /** Whether the engine is set up for quick recovery, at the cost that its documentation names. */
  quickRecovery: boolean;
  /** Programs that an engine needs beside its package. */
  programs: { absurdctl: string };
}

export type CreateEngine = (context: EngineContext) => Engine;

/** The machine's monotonic clock, the same in all its processes, in microseconds. */
export function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
