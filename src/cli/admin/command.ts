import { type Command, Option } from 'commander';
import type { ExitCode } from '../exitCodes.ts';
import type { AdminRun } from './adminRun.ts';
import { addAdminOptions, type AdminOptions } from './adminOptions.ts';

/** One command of operators, as it is declared. */
export interface AdminCommand {
  /** `orders retry` */
  words: string;
  /** Operations it asks for. Those that change something stand in the command table as well. */
  calls: readonly string[];
  summary: string;
  /** What more there is to know, in the help. */
  about?: string;
  /** `<ref...>` and what it means. */
  arguments?: ReadonlyArray<readonly [name: string, about: string]>;
  options?: readonly Option[];
  /** Whether it changes something. */
  changes: boolean;
  /** It works on files of this machine and the service's own database and store, and asks no API. */
  local?: true;
  /** A look that is written into the audit, with a reason. */
  reason?: true;
  /** Its arguments are a query, in which a word may begin with a dash. */
  query?: true;
  /** Another last word for it. */
  alias?: string;
  /** Line and what it does. */
  examples: ReadonlyArray<readonly [line: string, what: string]>;
  run(run: AdminRun, given: Given): Promise<ExitCode | void>;
}

/** What was given on the command line, as commander has read it. */
export interface Given {
  arguments: string[];
  options: Readonly<Record<string, unknown>>;
}

export const option = (
  flags: string,
  about: string,
  extra: {
    default?: unknown;
    choices?: readonly string[];
    parse?: (text: string) => unknown;
    required?: boolean;
  } = {},
): Option => {
  const made = new Option(flags, about);
  if (extra.choices) made.choices(extra.choices);
  if (extra.parse) made.argParser(extra.parse);
  if (extra.default !== undefined) made.default(extra.default);
  if (extra.required) made.makeOptionMandatory();
  return made;
};

/** An option of the command itself that was given, or has a default. */
export const textOf = ({ options }: Given, name: string): string | undefined =>
  typeof options[name] === 'string' ? options[name] : undefined;
export const numberOf = ({ options }: Given, name: string): number | undefined =>
  typeof options[name] === 'number' ? options[name] : undefined;
export const isGiven = ({ options }: Given, name: string): boolean => options[name] === true;
/** The argument at a place; empty when it was left out. */
export const argumentOf = (given: Given, place = 0): string => given.arguments[place] ?? '';

/** Groups of commands, with what they are about. */
export const groups: Readonly<Record<string, string>> = {
  sla: 'whether orders were done within their time',
  orders: 'find orders, see what happened to them, mend them',
  failures: 'failures by their cause',
  bulk: 'the same for many orders: plan, run, watch',
  webhooks: 'what Stripe has sent',
  catalog: 'what is sold: import books, check them',
  storage: 'files of buyers and books: check them, make them again',
  'catch-up': 'what no webhook has told',
  providers: 'vendors: how they do, pause and resume them, drill their outage',
  mail: 'hold all mail back, and let it go again',
  'restore-mode': 'what has to hold after a backup was restored',
  alerts: 'what has rung, and who takes it',
  audit: 'who did what, and proof that nobody changed it',
  staff: 'who may operate',
};

/** Runs a command with its duties ready; remembers how it ended. */
export type RunAdmin = (command: AdminCommand, options: AdminOptions, given: Given) => Promise<void>;

/** Adds the commands of operators to the program. */
export function addAdminCommands(program: Command, commands: readonly AdminCommand[], run: RunAdmin): void {
  const parents = new Map<string, Command>();
  for (const declared of commands) {
    const [first = '', second] = declared.words.split(' ');
    const parent = second === undefined ? program : groupOf(program, parents, first);
    const made = parent
      .command(second ?? first)
      .summary(declared.summary)
      .description(descriptionOf(declared))
      .addHelpText('after', examplesOf(declared));
    if (second === undefined) {
      made.helpGroup('Operate:');
      // So that `adopt` may have an `adopt status` below it.
      parents.set(first, made);
    }
    if (declared.alias !== undefined) made.alias(declared.alias);
    if (declared.query) made.allowUnknownOption().allowExcessArguments();
    for (const [name, about] of declared.arguments ?? []) made.argument(name, about);
    for (const each of declared.options ?? []) made.addOption(each);
    addAdminOptions(made, declared);
    made.action(async (...values: unknown[]) => {
      const options = { ...noFlags, ...made.opts<Partial<AdminOptions> & Record<string, unknown>>() };
      await run(declared, options, { arguments: wordsOf(made, values, declared), options });
    });
  }
}

const noFlags = { json: false, yes: false, dryRun: false, quiet: false, direct: false };

/** As they were given; of a query also what commander took for options that it does not know. */
function wordsOf(made: Command, values: readonly unknown[], { query }: AdminCommand): string[] {
  const given = query ? made.args : values.slice(0, made.registeredArguments.length).flat();
  return given.filter((value): value is string => typeof value === 'string');
}

function groupOf(program: Command, parents: Map<string, Command>, name: string): Command {
  const known = parents.get(name);
  if (known) return known;
  const made = program
    .command(name)
    .description(groups[name] ?? '')
    .helpCommand(false)
    .helpGroup('Operate:')
    .addHelpText('after', `\nfulfillment ${name} <command> --help shows examples.`);
  parents.set(name, made);
  return made;
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

const descriptionOf = ({ summary, about }: AdminCommand) =>
  about === undefined ? sentence(summary) : `${sentence(summary)}\n\n${about}`;

function examplesOf({ examples }: AdminCommand): string {
  const width = Math.max(0, ...examples.map(([line]) => line.length));
  const lines = examples.map(([line, what]) =>
    width + what.length > 70 && what !== ''
      ? `  $ ${line}\n      ${what}`
      : `  $ ${line.padEnd(width)}   ${what}`.trimEnd(),
  );
  return `\nExamples:\n${lines.join('\n')}`;
}
