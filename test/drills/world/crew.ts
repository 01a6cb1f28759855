import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { productProgram } from '../../setup/productProgram.ts';
import type { Boundary } from '../boundary.ts';
import type { Arming } from './armed.ts';
import type { ProductNews, ProductOrders } from './productProcess.ts';

export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A process of the product. */
export interface Member {
  readonly name: string;
  readonly pid: number;
  /** Boundaries it has come by, in a survey. */
  readonly boundaries: ReadonlySet<Boundary>;
  /** Boundaries at which something was done to it while it lived on. */
  readonly struck: ReadonlySet<Boundary>;
  readonly ended: Promise<Ending>;
  readonly isAlive: boolean;
  signal(signal: NodeJS.Signals): void;
  /** What it is to do to itself at a boundary; for those that were hired as armable. */
  arm(strike: 'die' | 'freeze', at: Boundary): void;
  /** It is not to do it any more. Resolves when it has heard that, which a frozen process does not. */
  disarm(): Promise<void>;
  /** `kill -9`, and waits until it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with how it ended. */
  dismiss(): Promise<Ending>;
}

export interface Crew {
  hire(orders: ProductOrders): Promise<Member>;
  /** What they have written to standard error since it was forgotten. */
  readonly stderr: string;
  forgetStderr(): void;
  /** Kills whoever still lives. */
  end(): Promise<void>;
}

/** One that dies while it is spoken to is told by its end; without this the pipe's error would end the drill. */
const whoeverIsLeft = () => undefined;

/** The product's processes of one drill. */
export function gatherCrew(): Crew {
  const living = new Map<ChildProcess, Promise<Ending>>();
  let stderr = '';

  async function hire(orders: ProductOrders): Promise<Member> {
    const { name } = orders.config.worker;
    const child = fork(productProgram(), {
      serialization: 'advanced',
      // Hardly any lives so long that code which is compiled twice would pay.
      execArgv: ['--no-opt'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const boundaries = new Set<Boundary>();
    const struck = new Set<Boundary>();
    let onHeard = () => {};
    const ended = once(child, 'exit').then(([code, signal]): Ending => {
      living.delete(child);
      return { code: code as number | null, signal: signal as NodeJS.Signals | null };
    });
    living.set(child, ended);
    const up = new Promise<void>((resolve, reject) => {
      child.on('message', (news: ProductNews) => {
        if (news.kind === 'ready') child.send(orders, whoeverIsLeft);
        if (news.kind === 'up') resolve();
        if (news.kind === 'failed') {
          child.kill('SIGKILL');
          reject(new Error(`${name} could not start: ${news.error}`));
        }
        if (news.kind === 'boundary') boundaries.add(news.boundary);
        if (news.kind === 'struck') struck.add(news.boundary);
        if (news.kind === 'heard') onHeard();
      });
      void ended.then(({ code, signal }) =>
        reject(new Error(`${name} ended with ${code ?? signal} before it was up. ${stderr}`)),
      );
    });
    await up;
    const tell = (signal: NodeJS.Signals) => void child.kill(signal);
    const say = (arming: Arming) => void (child.connected && child.send(arming, whoeverIsLeft));
    return {
      name,
      pid: child.pid ?? 0,
      boundaries,
      struck,
      ended,
      get isAlive() {
        return living.has(child);
      },
      signal: tell,
      arm(strike, at) {
        struck.clear();
        say({ kind: 'arm', strike, at });
      },
      disarm() {
        const heard = new Promise<void>((resolve) => (onHeard = resolve));
        say({ kind: 'disarm' });
        return heard;
      },
      async kill() {
        tell('SIGKILL');
        await ended;
      },
      dismiss() {
        tell('SIGTERM');
        return ended;
      },
    };
  }

  return {
    hire,
    get stderr() {
      return stderr;
    },
    forgetStderr: () => void (stderr = ''),
    async end() {
      for (const child of living.keys()) child.kill('SIGKILL');
      await Promise.all(living.values());
    },
  };
}
