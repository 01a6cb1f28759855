import type { Command, Option } from 'commander';
import { qualifiers } from '../../domain/search/query.ts';

export interface CompletedOption {
  /** `--json`, `-y` */
  flags: string[];
  about: string;
  /** Whether a value follows. */
  value: boolean;
  choices: readonly string[];
}

/** What may follow after some words. */
export interface CompletedCommand {
  /** `['orders', 'retry']`; empty for the program itself. */
  path: string[];
  commands: Array<{ name: string; about: string }>;
  options: CompletedOption[];
  /** What an argument may be, as far as that is known. */
  values: string[];
}

export type CompletionTree = CompletedCommand[];

/** All commands with what may follow each. */
export function treeOf(program: Command): CompletionTree {
  const helpOption: CompletedOption = {
    flags: ['-h', '--help'],
    about: 'show help',
    value: false,
    choices: [],
  };
  const visit = (command: Command, path: string[]): CompletionTree => [
    {
      path,
      commands: command.commands.map((each) => ({
        name: each.name(),
        about: each.summary() || each.description(),
      })),
      options: [...command.options.filter(({ hidden }) => !hidden).map(optionOf), helpOption],
      values: command.registeredArguments.flatMap((argument) =>
        argument.name() === 'query' ? qualifiers.map((name) => `${name}:`) : (argument.argChoices ?? []),
      ),
    },
    ...command.commands.flatMap((each) => visit(each, [...path, each.name()])),
  ];
  return visit(program, []);
}

const optionOf = ({ short, long, description, required, optional, argChoices }: Option): CompletedOption => ({
  flags: [short, long].filter((flag) => flag !== undefined),
  about: description,
  value: required || optional,
  choices: argChoices ?? [],
});

/** Options of the whole tree after which a value follows, so that the value is not taken for a command. */
export const flagsWithValue = (tree: CompletionTree): string[] => [
  ...new Set(
    tree.flatMap(({ options }) => options.filter(({ value }) => value).flatMap(({ flags }) => flags)),
  ),
];

export const singleQuoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
