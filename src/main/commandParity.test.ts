import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { adminCommands } from '../cli/admin/commands.ts';
import { addAdminCommands } from '../cli/admin/command.ts';
import { commandTable } from '../cli/admin/commandTable.ts';
import { treeOf } from '../cli/completion/tree.ts';
import { operationRows } from './operationRows.ts';

const rows = operationRows();
const declared = new Map(adminCommands.map((command) => [command.words, command]));

describe('every operation there is', () => {
  it.each(rows.map(({ name, kind }) => [name, kind]))('%s has a command that asks for it', (name, kind) => {
    const command = declared.get(commandTable[name] ?? '');
    expect(command, `${name} stands in no line of the command table`).toBeDefined();
    expect(command?.calls).toContain(name);
    // What changes something says so, and so has --yes, --dry-run and --request-id in its help.
    if (kind === 'change') expect(command?.changes).toBe(true);
  });
});

describe('a command', () => {
  it('asks for nothing that there is not', () => {
    const names = new Set(rows.map(({ name }) => name));
    expect(adminCommands.flatMap(({ calls }) => calls).filter((name) => !names.has(name))).toEqual([]);
    expect(Object.keys(commandTable).filter((name) => !names.has(name))).toEqual([]);
  });

  it('that says that it changes something asks for something that does', () => {
    const changes = new Set(rows.filter(({ kind }) => kind === 'change').map(({ name }) => name));
    // What works past the API changes something by an operation of its own.
    for (const { words, calls, changes: says } of adminCommands.filter(({ local }) => !local))
      expect(`${words} ${calls.some((name) => changes.has(name))}`).toBe(`${words} ${says}`);
  });

  it('has one place in the program, and examples that begin with its own words', () => {
    const program = new Command('fulfillment');
    addAdminCommands(program, adminCommands, async () => undefined);
    const paths = treeOf(program).map(({ path }) => path.join(' '));
    for (const { words, examples } of adminCommands) {
      expect(paths.filter((path) => path === words)).toEqual([words]);
      expect(examples.length).toBeGreaterThan(0);
      expect(examples.some(([line]) => line.startsWith(`fulfillment ${words}`))).toBe(true);
    }
  });
});
