import type { AdminAnswer, CallOptions, OperationRow } from '../../src/cli/admin/adminClient.ts';
import { AdminProblem } from '../../src/cli/admin/adminClient.ts';
import type { AdminWay, Duties, SignInDuties } from '../../src/cli/duties.ts';
import type { SignalSource } from '../../src/cli/interruption.ts';
import type { CommandSurroundings } from '../../src/cli/programOptions.ts';
import { runCommandLine } from '../../src/cli/run.ts';
import { createTerminal } from '../../src/cli/terminal.ts';
import type { PlainJson } from '../../src/domain/canonicalJson.ts';

export interface AskedOperation extends CallOptions {
  name: string;
  input: Readonly<Record<string, PlainJson>>;
}

/** What an operation answers: a value, or whatever it says when it is asked; a problem is thrown. */
type Replying = (asked: AskedOperation, interrupt: () => void) => object | Promise<object>;
type Reply = object | Replying;

export interface CommandLineGiven {
  operations?: Readonly<Record<string, Reply>>;
  rows?: readonly Partial<OperationRow>[];
  me?: PlainJson;
  /** What is typed when something is asked; without it there is no terminal. Undefined inside: the input has ended. */
  typed?: Array<string | undefined>;
  isTerminal?: boolean;
  columns?: number;
  env?: Record<string, string>;
  now?: Date;
  files?: Map<string, string>;
  newId?: () => string;
  duties?: Partial<Duties>;
  signIn?: Partial<SignInDuties>;
}

export const testNow = new Date('2026-11-22T10:00:00.000Z');

/** Runs one command line of operators with operations that answer as told. */
export async function runOperators(words: string | string[], given: CommandLineGiven = {}) {
  const seen = {
    out: '',
    err: '',
    asked: [] as AskedOperation[],
    questions: [] as string[],
    ways: [] as AdminWay[],
    sleptMs: [] as number[],
    closed: 0,
    files: given.files ?? new Map<string, string>(),
  };
  const listeners = new Set<() => void>();
  const interrupt = () => {
    for (const listener of [...listeners]) listener();
  };
  const signals: SignalSource = {
    on: (signal, listener) => signal === 'SIGINT' && listeners.add(listener),
    off: (_signal, listener) => listeners.delete(listener),
  };
  const { isTerminal: isTTY = false, typed } = given;
  const terminal = createTerminal({
    stdout: {
      write: (text: string) => Boolean((seen.out += text)),
      isTTY,
      ...(given.columns === undefined ? {} : { columns: given.columns }),
    },
    stderr: { write: (text: string) => Boolean((seen.err += text)), isTTY },
    env: given.env ?? {},
  });
  let [ids, nowMs] = [0, (given.now ?? testNow).getTime()];

  async function call(
    name: string,
    input: AskedOperation['input'],
    options: CallOptions = {},
  ): Promise<AdminAnswer> {
    const { signal: _, ...told } = options;
    const asked = { name, input, ...told };
    seen.asked.push(asked);
    const reply = given.operations?.[name];
    if (reply === undefined) throw new Error(`Nothing was told of ${name}.`);
    const output = typeof reply === 'function' ? await (reply as Replying)(asked, interrupt) : reply;
    if (output instanceof AdminProblem) throw output;
    return { output: output as PlainJson, auditSeq: 7, repeated: false };
  }

  const surroundings: CommandSurroundings = {
    asking: {
      interactive: typed !== undefined,
      async ask(question) {
        seen.questions.push(question);
        return typed?.shift();
      },
    },
    now: () => new Date(nowMs),
    async sleep(ms) {
      seen.sleptMs.push(ms);
      nowMs += ms;
    },
    newId: given.newId ?? (() => `request-${(ids += 1)}`),
    writeFile: async (path, text) => void seen.files.set(path, text),
    readFile: async (path) => seen.files.get(path) ?? '',
  };

  const rowOf = (name: string): OperationRow => ({
    name,
    kind: 'change',
    audited: true,
    reason: 'optional',
    path: '/x',
    ...given.rows?.find((row) => row.name === name),
  });
  const duties: Duties = {
    start: () => Promise.reject(new Error('not expected')),
    migrate: () => Promise.reject(new Error('not expected')),
    examine: () => Promise.reject(new Error('not expected')),
    admin: () => ({
      operations: () => Object.keys(given.operations ?? {}).map(rowOf),
      async open(way) {
        seen.ways.push(way);
        return {
          client: { call, me: async () => given.me ?? null },
          close: async () => void (seen.closed += 1),
        };
      },
      signIn: async () => ({
        apiUrl: 'https://api.books.example',
        start: () => Promise.reject(new Error('not expected')),
        poll: () => Promise.reject(new Error('not expected')),
        keep: async () => ({ file: '/home/anna/.config/fulfillment/sign-in.json' }),
        forget: async () => true,
        ...given.signIn,
      }),
    }),
    mailPreview: () => {
      throw new Error('not expected');
    },
    catalog: () => {
      throw new Error('not expected');
    },
    storage: () => {
      throw new Error('not expected');
    },
    marks: () => {
      throw new Error('not expected');
    },
    shopWebhook: () => {
      throw new Error('not expected');
    },
    ...given.duties,
  };
  const code = await runCommandLine(typeof words === 'string' ? words.split(' ').filter(Boolean) : words, {
    version: '1.2.3',
    terminal,
    signals,
    exit: () => undefined,
    environmentText: () => 'PORT=8080\n',
    dutiesFor: () => duties,
    surroundings,
  });
  return { code, ...seen };
}

/** The document on standard output. */
export const documentOf = ({ out }: { out: string }) => JSON.parse(out) as Record<string, unknown>;
/** The document on standard error. */
export const problemOf = ({ err }: { err: string }) => JSON.parse(err) as Record<string, unknown>;
