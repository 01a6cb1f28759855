import { Argument, type Command } from 'commander';
import type { Terminal } from '../terminal.ts';
import { bashCompletion } from './bash.ts';
import { fishCompletion } from './fish.ts';
import { type CompletionTree, treeOf } from './tree.ts';
import { zshCompletion } from './zsh.ts';

const scripts: Record<string, (tree: CompletionTree) => string> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** `fulfillment completion`: the whole tree as a script of the shell, so that completing starts no program. */
export function addCompletion(program: Command, terminal: Terminal): void {
  program
    .command('completion')
    .description('print a script that completes commands and options in your shell')
    .addArgument(new Argument('<shell>', 'your shell').choices(Object.keys(scripts)))
    .addHelpText(
      'after',
      `
Examples:
  $ fulfillment completion bash > ~/.local/share/bash-completion/completions/fulfillment
  $ fulfillment completion zsh > "\${fpath[1]}/_fulfillment"
  $ fulfillment completion fish > ~/.config/fish/completions/fulfillment.fish`,
    )
    .action((shell: string) => terminal.print(scripts[shell]?.(treeOf(program)).trimEnd() ?? ''));
}
