#!/usr/bin/env node
import { runCommandLine } from '../cli/run.ts';
import { createTerminal } from '../cli/terminal.ts';
import { commandDuties } from './commandDuties.ts';
import { renderEnvExample } from './variables/envExample.ts';
import { version } from './version.ts';

const words = process.argv.slice(2);

// A reader such as `head` that has seen enough is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const code = await runCommandLine(words, {
  version,
  terminal: createTerminal({
    stdout: process.stdout,
    stderr: process.stderr,
    env: words.includes('--no-color') ? { ...process.env, NO_COLOR: '1' } : process.env,
  }),
  signals: process,
  exit: (exitCode) => process.exit(exitCode),
  dutiesFor: commandDuties,
  environmentText: renderEnvExample,
});
process.exitCode = code;
// After a failure something may still be open; after success an open handle is a fault that should be seen.
if (code !== 0) process.exit(code);
