import { spawn, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Fault } from '../domain/fault.ts';
import { watchMemory } from './isolatedMemory.ts';
import { answerDescriptor, answerSchema } from './isolatedTask.ts';

export interface IsolatedLimits {
  /** Resident memory of the child, code included: about 60 MB before it has done anything. */
  memoryBytes: number;
  /** Whole seconds, its start included. */
  cpuSeconds: number;
  wallMs: number;
}

export interface IsolatedRequest {
  /** A name from the child's list (`isolatedChild.ts`). */
  task: string;
  /** Plain data. Paths in it are absolute: the child runs in the root directory. */
  input: unknown;
  limits: IsolatedLimits;
  /** Another program for the child; tests bring their own tasks. */
  program?: URL;
}

/** How a child ended that gave no result. */
export type IsolatedEnd = 'memory_limit' | 'cpu_limit' | 'wall_limit' | 'threw' | 'killed';

/** `copy_failed`: permanent where the file itself is the cause, transient where the child was killed from outside. */
export class IsolatedFault extends Fault {
  readonly end: IsolatedEnd;
  /** The child hit a limit: the file is too heavy, and will be next time. */
  readonly tooHeavy: boolean;

  constructor(end: IsolatedEnd, message: string, cause?: unknown) {
    super({ kind: end === 'killed' ? 'transient' : 'permanent', reason: 'copy_failed', message }, { cause });
    this.name = 'IsolatedFault';
    this.end = end;
    this.tooHeavy = end.endsWith('_limit');
  }
}

const answerMaxBytes = 64 * 1024 * 1024;

/**
 * Runs a task in a process of its own, with an empty environment and limits on memory, CPU and time. Whatever the
 * file does to the child, the caller gets a result or an error.
 *
 * @returns what the task returned, unchecked
 * @throws IsolatedFault `copy_failed`; the signal's reason when it was aborted
 */
export async function runIsolated<T>(request: IsolatedRequest, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { limits } = request;
  const child = startChild(request);
  let end: IsolatedEnd | undefined;
  const stop = (because?: IsolatedEnd) => {
    end ??= because;
    child.kill('SIGKILL');
  };
  const onAbort = () => stop();
  signal.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => stop('wall_limit'), limits.wallMs);
  const stopWatching = watchMemory(child.pid, limits.memoryBytes, () => stop('memory_limit'));
  try {
    const exit = exitOf(child);
    tell(child, { task: request.task, input: request.input });
    const answer = await readAnswer(child);
    // Whatever still runs in the child after its answer is of no use to anybody.
    if (answer !== '') child.kill('SIGKILL');
    const exited = await exit;
    signal.throwIfAborted();
    if (answer === '') throw faultOf(end ?? endOf(exited));
    return parseAnswer(answer) as T;
  } finally {
    clearTimeout(timer);
    stopWatching();
    signal.removeEventListener('abort', onAbort);
    child.kill('SIGKILL');
    cutLifeline(child);
  }
}

/** Soft limit first: SIGXCPU says that it was the CPU, which SIGKILL would not. */
const limits = 'ulimit -c 0; ulimit -S -t "$1"; ulimit -H -t "$(($1 + 1))"; shift;';

/**
 * Ends the child when its parent is gone, which holds the other end of a pipe: whoever watches time and memory went with it.
 * `$$` is the shell that becomes the child.
 */
const endWithParent = '{ exec 3>&-; read -r over <&4 || kill -9 $$; } > /dev/null 2>&1 &';
const limitAndRun = `${limits} ${endWithParent} exec "$@" 4<&-`;
const lifelineDescriptor = 4;

/** Lets the watcher go without a deed. */
function cutLifeline(child: ChildProcess): void {
  const lifeline = child.stdio[lifelineDescriptor] as Writable | null | undefined;
  lifeline?.on('error', () => undefined);
  lifeline?.end('over\n');
}

function startChild({ limits, program }: IsolatedRequest): ChildProcess {
  const isSource = import.meta.url.endsWith('.ts');
  const entry = program ?? new URL(isSource ? './isolatedChild.ts' : './isolatedChild.js', import.meta.url);
  const command = [
    process.execPath,
    `--max-old-space-size=${Math.max(32, Math.floor(limits.memoryBytes / 1024 / 1024))}`,
    ...(isSource ? ['--import', loaderUrl()] : []),
    fileURLToPath(entry),
  ];
  return spawn('/bin/sh', ['-c', limitAndRun, 'sh', String(Math.ceil(limits.cpuSeconds)), ...command], {
    cwd: '/',
    env: {},
    stdio: ['pipe', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
}

/** The child does not start in this project, so it would not find the loader by its name. */
function loaderUrl(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
}

function tell(child: ChildProcess, request: unknown): void {
  // A child that died before it listened is known by its end.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(JSON.stringify(request));
}

async function readAnswer(child: ChildProcess): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of child.stdio[answerDescriptor] as Readable) {
      sizeBytes += (chunk as Buffer).length;
      if (sizeBytes > answerMaxBytes) throw faultOf('memory_limit');
      chunks.push(chunk as Buffer);
    }
  } catch (error) {
    if (error instanceof IsolatedFault) throw error;
  }
  return Buffer.concat(chunks).toString('utf8');
}

interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
}

/** Without an answer. V8 aborts itself when its heap is full. */
function endOf({ code, signal }: Exit): IsolatedEnd {
  if (signal === 'SIGXCPU') return 'cpu_limit';
  if (signal === 'SIGABRT' || code === 134) return 'memory_limit';
  return code === null ? 'killed' : 'threw';
}

const sentences: Record<IsolatedEnd, string> = {
  memory_limit: 'The file needs more memory than a book may.',
  cpu_limit: 'The file needs more computing time than a book may.',
  wall_limit: 'The file took longer than a book may.',
  threw: 'The file could not be worked on.',
  killed: 'The process that worked on the file was killed.',
};

function faultOf(end: IsolatedEnd, cause?: unknown): IsolatedFault {
  return new IsolatedFault(end, sentences[end], cause);
}

function parseAnswer(answer: string): unknown {
  let parsed;
  try {
    parsed = answerSchema.parse(JSON.parse(answer));
  } catch {
    // It was killed in the middle of its answer.
    throw faultOf('killed');
  }
  if ('result' in parsed) return parsed.result;
  throw faultOf('threw', childError(parsed.error));
}

/** The child's error by kind and place, to be logged like one of this process. */
function childError({ error, stack }: { error: string; stack?: string | undefined }): Error {
  const cause = new Error('In the child process.');
  cause.name = error;
  cause.stack = `${error}\n${stack ?? ''}`;
  return cause;
}
