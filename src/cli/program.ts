import { Command, Option } from 'commander';
import { doctor } from './doctor.ts';
import type { Duties, Settings } from './duties.ts';
import { exitCodes, exitCodesHelp, type ExitCode } from './exitCodes.ts';
import type { SignalSource } from './interruption.ts';
import { migrate } from './migrate.ts';
import { serve } from './serve.ts';
import type { Terminal } from './terminal.ts';

export interface ProgramOptions {
  version: string;
  terminal: Terminal;
  signals: SignalSource;
  /** Ends the process at once. */
  exit(code: ExitCode): void;
  dutiesFor(settings: Settings): Duties;
  /** All variables, as the text of an env file. */
  environmentText(): string;
}

export interface Program {
  command: Command;
  /** How the command that was run ended. */
  ended(): ExitCode;
}

const examples = `
Examples:
  $ fulfillment migrate --dry-run          what would be changed in the database
  $ fulfillment migrate --set-passwords    migrate and give the roles their passwords
  $ fulfillment doctor                     is everything there that is needed?
  $ fulfillment serve                      webhook, buyers' side and worker in one process
  $ fulfillment worker                     one more worker beside it

${exitCodesHelp}

Configuration comes from the environment: fulfillment environment shows all of it.`;

/** The command line. Its actions call duties and remember how they ended. */
export function createProgram(options: ProgramOptions): Program {
  const { terminal } = options;
  const command = new Command('fulfillment');
  let ended: ExitCode = exitCodes.ok;
  const duties = () => {
    const { env: envFile } = command.opts<{ env?: string }>();
    return options.dutiesFor({ ...(envFile === undefined ? {} : { envFile }), say: terminal.say });
  };
  const run = async (parts: { http: boolean; worker: boolean }) => {
    ended = await serve({ ...options, duties: duties(), parts });
  };

  command
    .description('Every successful payment becomes a receipt, download links and access to the account.')
    .version(options.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .option('--env <file>', 'read variables from a file as well; those of the environment win')
    .addOption(new Option('--no-color', 'no colours; NO_COLOR=1 does the same'))
    .addHelpText('after', examples)
    .showHelpAfterError('(fulfillment --help shows what there is)')
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.say(text.trimEnd()),
    })
    .exitOverride();

  command
    .command('serve')
    .description("webhook, buyers' side and worker in one process")
    .option('--no-worker', 'listen only; workers run elsewhere')
    .addHelpText('after', '\nExamples:\n  $ fulfillment serve\n  $ PORT=9000 fulfillment serve --no-worker')
    .action((given: { worker: boolean }) => run({ http: true, worker: given.worker }));

  command
    .command('worker')
    .description('do the work and listen to nothing; any number may run')
    .addHelpText('after', '\nExamples:\n  $ fulfillment worker\n  $ WORKER_JOBS_MAX=200 fulfillment worker')
    .action(() => run({ http: false, worker: true }));

  command
    .command('migrate')
    .description('bring the database up to date; the same again changes nothing')
    .option('-n, --dry-run', 'only print what would be applied', false)
    .option('--set-passwords', 'give each role the password of its DATABASE_URL_*', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ fulfillment migrate --dry-run\n  $ fulfillment migrate --set-passwords',
    )
    .action(async (given: { dryRun: boolean; setPasswords: boolean }) => {
      ended = await migrate(duties(), given, terminal);
    });

  command
    .command('doctor')
    .description('check configuration and everything it names; starts nothing, changes nothing')
    .option('--send-test <address>', 'also send one real mail to this address')
    .option('--json', 'one JSON document instead of lines', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ fulfillment doctor\n  $ fulfillment doctor --send-test you@books.example\n  $ fulfillment doctor --json',
    )
    .action(async (given: { sendTest?: string; json: boolean }) => {
      ended = await doctor(duties(), given, terminal);
    });

  command
    .command('environment')
    .description('print every variable with its meaning, as the text of an env file')
    .action(() => terminal.print(options.environmentText().trimEnd()));

  return { command, ended: () => ended };
}
