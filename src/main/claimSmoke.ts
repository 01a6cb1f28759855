#!/usr/bin/env node
import { createTerminal } from '../cli/terminal.ts';
import { claimSmokeCommand } from './smoke/claimSmokeCommand.ts';

const code = await claimSmokeCommand(process.argv.slice(2), {
  terminal: createTerminal({ stdout: process.stdout, stderr: process.stderr, env: process.env }),
  env: process.env,
  signals: process,
  exit: (exitCode) => process.exit(exitCode),
});
process.exit(code);
