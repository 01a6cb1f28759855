import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TelemetryEvent } from '../../src/ports/telemetry.ts';
import type { HostMessage, HostOrders } from './workerHost.ts';

const program = fileURLToPath(new URL('workerHost.ts', import.meta.url));

export interface Told {
  event: TelemetryEvent;
  /** By the clock that all processes of this machine share. */
  atMs: number;
}

/** A worker process. */
export interface Host {
  readonly name: string;
  readonly told: Told[];
  /** What it told under one name. */
  of<N extends TelemetryEvent['name']>(
    name: N,
  ): Array<{ event: Extract<TelemetryEvent, { name: N }>; atMs: number }>;
  signal(signal: NodeJS.Signals): void;
  /** Resolves when it says that it has heard SIGTERM. */
  readonly stopping: Promise<void>;
  /** Resolves with how it ended, and when. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; atMs: number }>;
}

export interface Hosts {
  /** @param prefix a command that runs its arguments elsewhere, such as in another network namespace */
  start(orders: HostOrders, prefix?: string[]): Promise<Host>;
  /** Kills whoever still runs. */
  end(): Promise<void>;
}

/** Does something while these hosts are frozen, so that others have it to themselves. Their leases go on meanwhile. */
export async function whileFrozen<T>(hosts: Host[], work: () => Promise<T>): Promise<T> {
  for (const host of hosts) host.signal('SIGSTOP');
  try {
    return await work();
  } finally {
    for (const host of hosts) host.signal('SIGCONT');
  }
}

/** The worker processes of one test file. */
export function openHosts(): Hosts {
  const running = new Map<ChildProcess, Promise<unknown>>();

  async function start(orders: HostOrders, prefix: string[] = []): Promise<Host> {
    const [command, ...args] = [...prefix, process.execPath, '--import', 'tsx', program];
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
    let complaints = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaints += text));
    const told: Told[] = [];
    const said = new Map<HostMessage['kind'], () => void>();
    const hear = (kind: HostMessage['kind']) => new Promise<void>((resolve) => said.set(kind, resolve));
    const [ready, up, stopping] = [hear('ready'), hear('up'), hear('stopping')];
    child.on('message', (message: HostMessage) => {
      if (message.kind === 'told') told.push({ event: message.event, atMs: message.atMs });
      else said.get(message.kind)?.();
    });
    const ended = once(child, 'exit').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      atMs: Date.now(),
    }));
    running.set(child, ended);
    const tooSoon = ended.then(({ code, signal }) => {
      throw new Error(`Host ${orders.name} ended with ${code ?? signal} before it was up. ${complaints}`);
    });
    tooSoon.catch(() => undefined);
    await Promise.race([ready, tooSoon]);
    child.send(orders);
    await Promise.race([up, tooSoon]);
    return {
      name: orders.name,
      told,
      of: (name) => told.filter(({ event }) => event.name === name) as never,
      signal: (signal) => void child.kill(signal),
      stopping,
      ended,
    };
  }

  return {
    start,
    async end() {
      for (const child of running.keys()) child.kill('SIGKILL');
      await Promise.all(running.values());
    },
  };
}
