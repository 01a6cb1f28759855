import { Command } from 'commander';
import { exitCodes, exitCodesHelp, type ExitCode } from '../../cli/exitCodes.ts';
import { listenForInterruption } from '../../cli/interruption.ts';
import { explain } from '../../cli/run.ts';
import { embeddedClaimTarget } from './embedded.ts';
import { resultLine } from './resultLine.ts';
import { runClaimSmoke } from './runClaimSmoke.ts';
import type { SmokeCommandOptions } from './smokeCommand.ts';

const deadlineSeconds = 120;

const help = `
It starts a stack of its own. A deployed service is not asked: a sign-in claims once, so a second run would find nothing to claim.

Examples:
  $ npm run -s ebooks:claim-smoke
  $ npm run -s ebooks:claim-smoke -- --json

${exitCodesHelp}`;

/** Buys as a guest and claims by a code, then tries what must be refused. @returns the exit code; never rejects */
export async function claimSmokeCommand(words: string[], options: SmokeCommandOptions): Promise<ExitCode> {
  const { terminal, signals, exit } = options;
  const command = new Command('ebooks:claim-smoke')
    .description('Buys as a guest, claims the books by a code, and tries what must be refused.')
    .option('--json', 'one JSON document instead of lines', false)
    .addHelpText('after', help)
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.say(text.trimEnd()),
    })
    .exitOverride();
  try {
    command.parse(words, { from: 'user' });
    const interruption = listenForInterruption({ signals, endAtOnce: () => exit(exitCodes.interrupted) });
    try {
      return await run(command.opts<{ json: boolean }>(), options, interruption.first);
    } finally {
      interruption.release();
    }
  } catch (error) {
    return explain(error, options);
  }
}

async function run(
  { json }: { json: boolean },
  { terminal }: SmokeCommandOptions,
  interrupted: Promise<void>,
): Promise<ExitCode> {
  const { target, close } = await embeddedClaimTarget(terminal.say);
  const calledOff = new AbortController();
  let keep = false;
  try {
    const ran = runClaimSmoke(target, {
      deadlineSeconds,
      signal: calledOff.signal,
      onResult: (result) => {
        if (!json && !calledOff.signal.aborted) terminal.print(resultLine(result, terminal));
      },
    });
    const checks = await Promise.race([ran, interrupted]);
    if (!checks) {
      calledOff.abort();
      ran.catch(() => undefined);
      return exitCodes.interrupted;
    }
    const ok = checks.every(({ state }) => state === 'ok');
    keep = !ok;
    if (json) {
      const document = { schema: 'fulfillment.claim-smoke/1', ok, url: target.apiUrl, checks };
      terminal.print(JSON.stringify(document, null, 2));
    }
    return ok ? exitCodes.ok : exitCodes.checkFailed;
  } finally {
    await close({ keep });
  }
}
