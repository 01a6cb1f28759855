#!/usr/bin/env node
import { createTerminal } from '../cli/terminal.ts';
import { smokeCommand } from './smoke/smokeCommand.ts';

const code = await smokeCommand(process.argv.slice(2), {
  terminal: createTerminal({ stdout: process.stdout, stderr: process.stderr, env: process.env }),
  env: process.env,
  signals: process,
  exit: (exitCode) => process.exit(exitCode),
});
process.exit(code);
