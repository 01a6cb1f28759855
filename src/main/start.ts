import path from 'node:path';
import pc from 'picocolors';
import { listenForInterruption } from '../cli/interruption.ts';
import { boundSentence } from '../intake/catchUp/bound.ts';
import { SandboxError } from '../sandbox/sandboxError.ts';
import { showPurchase } from './sandbox/showPurchase.ts';
import { type SandboxStack, startSandboxStack } from './sandboxStack.ts';

const usage = `npm start [-- --once] [-- --data-dir <directory>]

  --once            end after the purchase, with exit code 0 or the reason
  --data-dir <dir>  where everything is kept (default: .data)`;

interface Arguments {
  once: boolean;
  dataDirectory: string;
}

function readArguments(argv: string[]): Arguments | undefined {
  const result = { once: false, dataDirectory: '.data' };
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index];
    const value = argv[index + 1];
    if (argument === '--once') result.once = true;
    else if (argument === '--data-dir' && value !== undefined) {
      result.dataDirectory = value;
      index += 1;
    } else return undefined;
  }
  return result;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<number> {
  const chosen = readArguments(process.argv.slice(2));
  if (!chosen) {
    process.stderr.write(`${usage}\n`);
    return 2;
  }
  const startedMs = performance.now();
  let stack: SandboxStack | undefined;
  let wasInterrupted = false;
  const { first } = listenForInterruption({ signals: process, endAtOnce: () => process.exit(130) });
  const interrupted = first.then(() => {
    wasInterrupted = true;
    return 'interrupted' as const;
  });
  try {
    stack = await startSandboxStack({ dataDirectory: chosen.dataDirectory, fallBackMail: true, say });
    say(
      pc.dim(
        `Up after ${((performance.now() - startedMs) / 1000).toFixed(1)} s; everything is kept in ${path.resolve(chosen.dataDirectory)}.`,
      ),
    );
    say(pc.dim(boundSentence(stack.config.catchUp.intervalMs)));
    for (const part of stack.movedPorts)
      say(pc.yellow(`The usual port of ${part} is taken by another program; it listens elsewhere.`));
    const shown = await Promise.race([showPurchase(stack, say), interrupted]);
    if (shown === 'interrupted') return 130;
    if (chosen.once) return shown.completed ? 0 : 1;
    say(nextSteps(stack));
    await interrupted;
    say('\nStopping …');
    return 0;
  } catch (error) {
    // The terminal's Ctrl-C reaches the programs that prepare the database as well: their complaint is no news.
    if (wasInterrupted) return 130;
    throw error;
  } finally {
    await stack?.stop();
  }
}

function nextSteps({ urls, environmentFile }: SandboxStack): string {
  return `
${pc.bold('Make the next purchase')}
  in the browser      ${pc.cyan(urls.shop)}
  on the command line ${pc.cyan(`curl -s ${urls.stripe}/sandbox/purchases -H 'content-type: application/json' -d '{"products":["the-calm-checkout"],"currency":"pln","email":"you@example.com"}'`)}

${pc.bold('Look after a buyer')}, as editor@staff.example or another of staff.example
  sign in             ${pc.cyan(`npm run -s fulfillment -- login --api ${urls.api}`)}
  find their order    ${pc.cyan('npm run -s fulfillment -- orders search "nowak created:today"')}

${pc.bold('Work beside the service')}, as admin@staff.example: import a catalogue, check what is stored
  sign in             ${pc.cyan(`npm run -s fulfillment -- --env ${shown(environmentFile)} login --direct`)}
  then                ${pc.cyan(`npm run -s fulfillment -- --env ${shown(environmentFile)} storage scrub`)}

${pc.dim('Ctrl-C stops everything. The next start finds it as it was; remove the data directory to begin anew.')}`;
}

/** As short as it can be typed where the sandbox was started. */
const shown = (file: string) => path.relative(process.cwd(), file) || file;

process.exitCode = await main().catch((error: unknown) => {
  const known = error instanceof SandboxError;
  process.stderr.write(
    `${pc.red('The sandbox could not start.')} ${known ? error.message : String((error as Error)?.stack ?? error)}\n`,
  );
  return 1;
});
