#!/usr/bin/env node
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createAsking } from '../cli/asking.ts';
import { runCommandLine } from '../cli/run.ts';
import { createTerminal } from '../cli/terminal.ts';
import { commandDuties } from './commandDuties.ts';
import { systemClock } from './systemClock.ts';
import { renderEnvExample } from './variables/envExample.ts';
import { version } from './version.ts';

const words = process.argv.slice(2);

// A reader such as `head` that has seen enough is no failure.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
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
  surroundings: {
    asking: createAsking({
      stdin: process.stdin,
      stderr: process.stderr,
      interrupted: () => void process.emit('SIGINT'),
    }),
    now: systemClock.now,
    sleep: systemClock.sleep,
    newId: randomUUID,
    // A new file alone: nothing of anybody's is written over, and no link is followed.
    writeFile: (path, text) => writeFile(path, text, { flag: 'wx', mode: 0o600 }),
    readFile: (path) => readFile(path, 'utf8'),
  },
});
process.exitCode = code;
// After a failure something may still be open; after success an open handle is a fault that should be seen.
if (code !== 0) process.exit(code);
