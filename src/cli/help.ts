import type { Command } from 'commander';
import { exitCodes, exitCodesHelp } from './exitCodes.ts';
import { CommandFailure } from './failure.ts';
import { jsonHelp, queryHelp } from './helpTopics.ts';
import type { Terminal } from './terminal.ts';

export interface HelpOptions {
  terminal: Terminal;
  environmentText(): string;
}

/** `fulfillment help`: the help of any command, and what is no command's own. */
export function addHelp(program: Command, { terminal, environmentText }: HelpOptions): void {
  const topics: Record<string, () => string> = {
    'exit-codes': () => exitCodesHelp,
    environment: environmentText,
    json: () => jsonHelp,
    query: () => queryHelp,
  };
  program
    .command('environment')
    .description('print every variable with its meaning, as the text of an env file')
    .action(() => terminal.print(environmentText().trimEnd()));
  program
    .command('help')
    .description('help on a command, or on: exit-codes, environment, json, query')
    .argument('[words...]', 'a command, or one of these')
    .addHelpText('after', '\nExamples:\n  $ fulfillment help orders retry\n  $ fulfillment help query')
    .action((words: string[]) => {
      const topic = words.length === 1 ? topics[words[0] ?? ''] : undefined;
      terminal.print((topic?.() ?? helpOf(program, words)).trimEnd());
    });
}

/** @throws CommandFailure when there is no such command */
export function helpOf(program: Command, words: readonly string[]): string {
  let found = program;
  for (const word of words) {
    const next = found.commands.find((command) => command.name() === word);
    if (!next)
      throw new CommandFailure(`There is no command ${words.join(' ')}.`, {
        exitCode: exitCodes.usage,
        code: 'usage',
        details: ['fulfillment --help shows what there is.'],
      });
    found = next;
  }
  let text = '';
  // Help texts after it are written, not returned.
  found.configureOutput({ ...found.configureOutput(), writeOut: (part) => void (text += part) }).outputHelp();
  return text;
}
