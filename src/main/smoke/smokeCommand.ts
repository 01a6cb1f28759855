import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { exitCodes, exitCodesHelp, type ExitCode } from '../../cli/exitCodes.ts';
import { listenForInterruption, type SignalSource } from '../../cli/interruption.ts';
import { explain } from '../../cli/run.ts';
import type { Terminal } from '../../cli/terminal.ts';
import { CommandFailure } from '../../cli/failure.ts';
import { deployedTarget } from './deployed.ts';
import { readDeployedOptions, type GivenOptions } from './deployedOptions.ts';
import { embeddedTarget } from './embedded.ts';
import { resultLine } from './resultLine.ts';
import { runSmoke, type SmokeResult } from './runSmoke.ts';
import type { SmokeTarget } from './target.ts';

export interface SmokeCommandOptions {
  terminal: Terminal;
  env: Readonly<Record<string, string | undefined>>;
  signals: SignalSource;
  exit(code: ExitCode): void;
}

interface Given extends GivenOptions {
  slaSeconds: number;
  json: boolean;
}

const examples = `
Examples:
  $ npm run -s ebooks:fulfillment-smoke
  $ npm run -s ebooks:fulfillment-smoke -- --json
  $ npm run -s ebooks:fulfillment-smoke -- --base-url https://api.books.example --stripe-key sk_test_… --price price_… \\
      --inbox-api https://mailpit.books.example --email-domain books.example --skip-shelf

${exitCodesHelp}`;

/** Pays once and checks the whole way to mail, files and shelf. @returns the exit code; never rejects */
export async function smokeCommand(words: string[], options: SmokeCommandOptions): Promise<ExitCode> {
  const { terminal, signals, exit } = options;
  const command = describeCommand(terminal);
  try {
    command.parse(words, { from: 'user' });
    const interruption = listenForInterruption({ signals, endAtOnce: () => exit(exitCodes.interrupted) });
    try {
      return await run(command.opts<Given>(), options, interruption.first);
    } finally {
      interruption.release();
    }
  } catch (error) {
    if (error instanceof CommanderError || error instanceof CommandFailure) return explain(error, options);
    return explain(unreachable(error), options);
  }
}

function describeCommand(terminal: Terminal): Command {
  return new Command('ebooks:fulfillment-smoke')
    .description('Pays once in test mode and checks that receipt, files and shelf are there in time.')
    .option('--sla-seconds <seconds>', 'time within which everything must be there', positiveNumber, 300)
    .option('--json', 'one JSON document instead of lines', false)
    .optionsGroup('A deployed service, instead of a stack of its own:')
    .option('--base-url <url>', 'where the service is reached')
    .option('--metrics-url <url...>', 'metrics of each process, when not <base-url>/metrics')
    .option('--stripe-key <key>', 'Stripe test key; better in STRIPE_SECRET_KEY or STRIPE_SECRET_KEY_FILE')
    .option('--price <id>', 'price of an ebook in the catalogue')
    .option('--inbox-api <url>', 'inbox that is read as Mailpit is')
    .option('--imap-url <url>', 'mailbox, imaps://user@mail.example/INBOX; password in SMOKE_IMAP_PASSWORD')
    .option('--email <address>', 'who buys; gets a +tag unless --token is given')
    .option('--email-domain <domain>', 'a new address in this domain buys')
    .option('--token <token>', 'access token of the buyer, for the shelf')
    .option('--token-file <file>', 'file with that token')
    .option('--skip-shelf', 'leave the shelf out')
    .option('--timeline', "read the job's timeline with DATABASE_URL_READER instead of counting")
    .addOption(new Option('--stripe-api-base-url <url>', 'a stand-in for Stripe on this machine'))
    .addHelpText('after', examples)
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.say(text.trimEnd()),
    })
    .exitOverride();
}

async function run(
  given: Given,
  { terminal, env }: SmokeCommandOptions,
  interrupted: Promise<void>,
): Promise<ExitCode> {
  const target =
    given.baseUrl === undefined
      ? await embeddedTarget(terminal.say)
      : deployedTarget(readDeployedOptions(given, env));
  const calledOff = new AbortController();
  let keep = true;
  try {
    const shown = (result: SmokeResult) => {
      if (!given.json && !calledOff.signal.aborted) terminal.print(resultLine(result, terminal));
    };
    const ran = runSmoke(target, { slaSeconds: given.slaSeconds, signal: calledOff.signal, onResult: shown });
    const results = await Promise.race([ran, interrupted]);
    if (!results) {
      // A stack that is still asked for things would not stop.
      calledOff.abort();
      ran.catch(() => undefined);
      keep = false;
      return exitCodes.interrupted;
    }
    const passed = results.every(({ state }) => state !== 'failed');
    keep = !passed;
    if (given.json) terminal.print(JSON.stringify(documentOf(target, results, passed), null, 2));
    return passed ? exitCodes.ok : exitCodes.checkFailed;
  } finally {
    await target.close({ keep });
  }
}

function documentOf(target: SmokeTarget, checks: SmokeResult[], ok: boolean) {
  return { schema: 'fulfillment.smoke/1', ok, target: target.kind, url: target.apiUrl, checks };
}

function positiveNumber(text: string): number {
  const number = Number(text);
  if (!(number > 0 && number <= 86_400))
    throw new InvalidArgumentError('It must be a number of seconds up to 86400.');
  return number;
}

/** What fails before the payment: the service, its metrics or its shelf cannot be read. */
function unreachable(error: unknown): unknown {
  const { name, message, cause } = (error ?? {}) as Error & { cause?: { code?: string } };
  const network = name === 'NotYet' || name === 'TimeoutError' || message === 'fetch failed';
  if (!network) return error;
  const why = cause?.code === undefined ? message : `${message} (${cause.code})`;
  return new CommandFailure(`The service cannot be read before the payment: ${why}.`, {
    exitCode: exitCodes.failed,
    details: ['Nothing was paid. Check --base-url, --metrics-url and the token.'],
    cause: error,
  });
}
