import { z } from 'zod';
import type { PlainJson } from '../../domain/canonicalJson.ts';
import type { CatalogDuties, MarkDuties, SignInDuties, StorageDuties } from '../duties.ts';
import { CommandFailure } from '../failure.ts';
import { safeDocument, safeJson } from '../output/safeText.ts';
import type { Terminal } from '../terminal.ts';
import type { AdminAnswer, AdminClient, OperationRow } from './adminClient.ts';
import type { AdminOptions } from './adminOptions.ts';
import { type Decision, decided, insistOnReason } from './confirm.ts';

/** How lines for people are made: as wide as the page, times told from `now`. */
export interface Page {
  columns: number;
  paint: Terminal['printed'];
  now: Date;
}

export interface AdminRunOptions {
  /** `orders show` */
  words: string;
  options: AdminOptions;
  terminal: Terminal;
  client: AdminClient;
  signIn(): Promise<SignInDuties>;
  catalog(): CatalogDuties;
  storage(): StorageDuties;
  marks(): MarkDuties;
  operations: readonly OperationRow[];
  asking: { interactive: boolean; ask(question: string): Promise<string | undefined> };
  now(): Date;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  newId(): string;
  writeFile(path: string, text: string): Promise<void>;
  readFile(path: string): Promise<string>;
  signal: AbortSignal;
}

export interface Seen<Value> {
  /** As it came, for programs. */
  raw: PlainJson;
  /** Checked, and every text in it safe to show. */
  seen: Value;
}

/** One run of a command that asks for operations. */
export interface AdminRun extends Pick<
  AdminRunOptions,
  | 'words'
  | 'options'
  | 'terminal'
  | 'signal'
  | 'now'
  | 'writeFile'
  | 'readFile'
  | 'signIn'
  | 'catalog'
  | 'storage'
  | 'marks'
> {
  /** Asks for a reading operation. */
  read<Value>(name: string, input: Input, view: z.ZodType<Value>): Promise<Seen<Value>>;
  /**
   * Asks for a change, once whoever asks has agreed to it.
   *
   * @throws CommandFailure with exit code 5 when nobody did
   * @returns undefined in a dry run
   */
  change<Value>(decision: Decision, view: z.ZodType<Value>): Promise<Changed<Value> | undefined>;
  /** Makes sure that there is a reason, for a look that is written into the audit. @throws CommandFailure */
  needReason(operation: string): Promise<void>;
  /** Has somebody agree to several at once, which are marked `agreed` then. False in a dry run. */
  agree(decision: Decision): Promise<boolean>;
  /** Prints the result: a document, or lines for people. */
  show(document: object, lines: (page: Page) => readonly string[], form?: { oneLine: boolean }): void;
  /** Words for people, unless there are none wanted. */
  say(line: string): void;
  page(): Page;
  wait(ms: number): Promise<void>;
  /** Who asks. */
  me(): Promise<PlainJson>;
  /** What to say when it is interrupted from now on. */
  resumeBy(words: string): void;
  resume(): string | undefined;
}

export interface Changed<Value> extends Seen<Value> {
  auditSeq: number | null;
  repeated: boolean;
  requestId: string;
}

export type Input = Readonly<Record<string, PlainJson>>;

export function createAdminRun(given: AdminRunOptions): AdminRun {
  const { words, options, terminal, client, signal, now } = given;
  let resume: string | undefined;
  const say = (line: string) => {
    if (!options.quiet && !options.json && !signal.aborted) terminal.say(line);
  };

  async function call(name: string, input: Input, requestId: string | undefined): Promise<AdminAnswer> {
    const { reason } = options;
    return client.call(name, input, {
      signal,
      ...(requestId === undefined ? {} : { requestId }),
      ...(reason === undefined ? {} : { reason }),
    });
  }

  const agree = (decision: Decision) => {
    const row = given.operations.find(({ name }) => name === decision.operation);
    return decided(decision, { ...given, row, say });
  };

  return {
    words,
    options,
    terminal,
    signal,
    say,
    now,
    signIn: given.signIn,
    catalog: given.catalog,
    storage: given.storage,
    marks: given.marks,
    writeFile: given.writeFile,
    readFile: given.readFile,
    page: () => ({ columns: terminal.columns, paint: terminal.printed, now: now() }),
    wait: (ms) => given.sleep(ms, signal),
    async read(name, input, view) {
      const { output } = await call(name, input, undefined);
      return { raw: output, seen: readable(name, output, view) };
    },
    agree,
    needReason: (operation) => insistOnReason(operation, { ...given, say, row: undefined }),
    async change(decision, view) {
      if (!decision.agreed && !(await agree(decision))) return undefined;
      const requestId = decision.requestId ?? options.requestId ?? given.newId();
      const before = resume;
      resume = `It may have been done, or not. The same again with --request-id ${requestId} does it once.`;
      const { output, auditSeq, repeated } = await call(decision.operation, decision.input, requestId);
      resume = before;
      if (repeated) say('It had been done before, by the same request: nothing was done now.');
      return { raw: output, seen: readable(decision.operation, output, view), auditSeq, repeated, requestId };
    },
    show(document, lines, { oneLine } = { oneLine: false }) {
      // It was interrupted: what comes in after that is nobody's any more.
      if (signal.aborted) return;
      if (options.json)
        terminal.print(safeDocument({ schema: schemaOf(words), ...document }, oneLine ? 0 : 2));
      else for (const line of lines(this.page())) terminal.print(line);
    },
    me: () => client.me(signal),
    resumeBy(line) {
      resume = line;
    },
    resume: () => resume,
  };
}

/** Name and version of a document: a member may be added, any other change is a new version. */
export const schemaOf = (words: string, version = 1): string =>
  `fulfillment/${words.replaceAll(' ', '-')}@${version}`;

/** The members of a document that an answer brings. */
export const membersOf = (raw: PlainJson): object =>
  raw !== null && typeof raw === 'object' && !Array.isArray(raw) ? raw : { result: raw };

function readable<Value>(name: string, output: PlainJson, view: z.ZodType<Value>): Value {
  const read = view.safeParse(safeJson(output));
  if (read.success) return read.data;
  const where = read.error.issues[0]?.path.join('.') ?? '';
  throw new CommandFailure(`The answer to ${name} cannot be shown: ${where || 'it'} is not as expected.`, {
    code: 'answer_unreadable',
    details: ['Service and command line may be of different versions. With --json it is printed as it is.'],
  });
}

/** Where only the document matters. */
export const anything: z.ZodType = z.unknown();
