import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Contestant } from '../engines/roster.ts';
import { messageSchema, type Answer, type Command, type Role } from './messages.ts';

export interface RoleProcess {
  /** Tells the process to do its duty and waits for it. Rejects when it fails, dies or takes longer than `timeoutMs`. */
  ask(command: Command, timeoutMs?: number): Promise<Answer>;
  /** Orders this process has finished, as of its last news. */
  readonly done: number;
  /** Why there is no process any more. */
  readonly ended: Error | undefined;
  /** Lets it close its connections and waits for its end; after five seconds it is killed. */
  end(): Promise<void>;
  /** Stops its clock, so that it does nothing until it is thawed. */
  freeze(): void;
  thaw(): void;
  /** As a power cut would. */
  kill(): Promise<void>;
}

const longestDutyMs = 400_000;
const farewellMs = 5_000;

/** Starts one role of an engine, under the Node that the engine needs, and waits until its packages are loaded. */
export async function startRole(contestant: Contestant, role: Role): Promise<RoleProcess> {
  const program = await programFor(contestant);
  const child = fork(program.path, [JSON.stringify(role)], {
    // Deprecations in peers' libraries are theirs to mend.
    execArgv: [...program.flags, '--no-deprecation'],
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    ...(contestant.entry.needsNode22 ? { execPath: node22 } : {}),
  });
  const exited = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  const wire = connect(child, contestant.id);
  await wire.ready;

  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  return {
    ask: wire.ask,
    get done() {
      return wire.done();
    },
    get ended() {
      return wire.ended();
    },
    async end() {
      const killing = setTimeout(() => child.kill('SIGKILL'), farewellMs);
      await wire.ask({ duty: 'stop' }).catch(() => child.kill('SIGKILL'));
      await exited;
      clearTimeout(killing);
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    kill,
  };
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * Roles run as plain JavaScript: a compiler in the process would be woken and collected at every engine's cost. The
 * shop's own plan is put together from the product's sources, and needs one.
 */
async function programFor({ entry }: Contestant): Promise<{ path: string; flags: string[] }> {
  if (entry.work === 'purchases') return { path: here('child.ts'), flags: ['--import', 'tsx'] };
  await (compiled ??= compile());
  return { path: here('../.built/child.js'), flags: [] };
}

let compiled: Promise<unknown> | undefined;

const compile = () =>
  build({
    entryPoints: [here('child.ts')],
    outdir: here('../.built'),
    bundle: true,
    splitting: true,
    packages: 'external',
    external: ['../../dist/*'],
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
  });

export const node22 = fileURLToPath(new URL('../node_modules/node22/bin/node', import.meta.url));

interface Wire {
  ready: Promise<void>;
  done(): number;
  ended(): Error | undefined;
  ask: RoleProcess['ask'];
}

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

function connect(child: ChildProcess, id: string): Wire {
  const waiting = new Map<number, Waiting>();
  let asked = 0;
  let done = 0;
  let ended: Error | undefined;
  let welcome: () => void;
  let refuse: (error: Error) => void;
  const ready = new Promise<void>((resolve, reject) => {
    welcome = resolve;
    refuse = reject;
  });

  child.on('message', (raw) => {
    const message = messageSchema.parse(raw);
    if ('news' in message) {
      done = message.orders;
      welcome();
      return;
    }
    const question = waiting.get(message.id);
    waiting.delete(message.id);
    if ('answer' in message) question?.resolve(message.answer);
    else question?.reject(new Error(`${id}: ${message.error}`));
  });
  child.on('error', (error) => refuse(error));
  child.on('exit', (code, signal) => {
    ended = new Error(`${id} ended (${signal ?? code}).`);
    refuse(ended);
    for (const question of waiting.values()) question.reject(ended);
    waiting.clear();
  });

  return {
    ready,
    done: () => done,
    ended: () => ended,
    ask(command, timeoutMs = longestDutyMs) {
      if (ended) return Promise.reject(ended);
      asked += 1;
      const request = asked;
      return new Promise<Answer>((resolve, reject) => {
        const late = setTimeout(() => {
          waiting.delete(request);
          reject(new Error(`${id}: no answer to ${command.duty} in ${timeoutMs} ms`));
        }, timeoutMs);
        waiting.set(request, {
          resolve(answer) {
            clearTimeout(late);
            resolve(answer);
          },
          reject(error) {
            clearTimeout(late);
            reject(error);
          },
        });
        child.send({ id: request, command });
      });
    },
  };
}

/** A figure of an answer that must be there. */
export function numberIn(answer: Answer, name: string): number {
  const value = answer[name];
  if (typeof value !== 'number') throw new Error(`The answer has no ${name}.`);
  return value;
}
