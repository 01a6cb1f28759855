import { Command, Option } from 'commander';
import { addAdminCommands } from './admin/command.ts';
import { adminCommands } from './admin/commands.ts';
import { runAdmin } from './admin/runAdmin.ts';
import { addCompletion } from './completion/completion.ts';
import { doctor } from './doctor.ts';
import { exitCodes, exitCodesHelp, type ExitCode } from './exitCodes.ts';
import { addHelp } from './help.ts';
import { migrate } from './migrate.ts';
import { addPreviewEmail } from './previewEmail.ts';
import type { ServiceParts } from './duties.ts';
import type { ProgramOptions } from './programOptions.ts';
import { addShopWebhook } from './shopWebhook.ts';
import { serve } from './serve.ts';

export type { ProgramOptions } from './programOptions.ts';

export interface Program {
  command: Command;
  /** How the command that was run ended. */
  ended(): ExitCode;
}

const examples = `
Examples:
  $ fulfillment migrate --dry-run          what would be changed in the database
  $ fulfillment doctor                     is everything there that is needed?
  $ fulfillment serve                      webhook, buyers' side and worker in one process
  $ fulfillment login                      sign in, to operate
  $ fulfillment status                     is the promise kept just now?
  $ fulfillment orders search anna@        find an order by what you have
  $ fulfillment orders show R-2026/000123  what happened to it, and what to do

${exitCodesHelp}

Configuration comes from the environment: fulfillment environment shows all of it.
More: fulfillment help exit-codes | environment | json | query`;

const envOption = () =>
  new Option('--env <file>', 'read variables from a file as well; those of the environment win');
/** The terminal has been made by it before. */
const colourOption = () => new Option('--no-color', 'no colours; NO_COLOR=1 does the same');

const below = (command: Command): Command[] => command.commands.flatMap((each) => [each, ...below(each)]);

/** Help reads the same everywhere, and in a mail. */
const helpColumns = 100;

/** The command line. Its actions call duties and remember how they ended. */
export function createProgram(options: ProgramOptions & { json?: boolean }): Program {
  const { terminal } = options;
  const command = new Command('fulfillment');
  let ended: ExitCode = exitCodes.ok;
  let envFile: string | undefined;
  const duties = () => {
    return options.dutiesFor({ ...(envFile === undefined ? {} : { envFile }), say: terminal.say });
  };
  const run = async (parts: ServiceParts) => {
    ended = await serve({ ...options, duties: duties(), parts });
  };

  command
    .description('Every successful payment becomes a receipt, download links and access to the account.')
    .version(options.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .addOption(envOption())
    .addOption(colourOption())
    // So that a command may have options that the program has too: --version names one of an order.
    .enablePositionalOptions()
    .hook('preAction', (_program, action) => {
      ({ env: envFile } = action.optsWithGlobals<{ env?: string }>());
    })
    .addHelpText('after', examples)
    .showHelpAfterError('(fulfillment --help shows what there is)')
    .helpCommand(false)
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      // With --json the problem is told as a document, once it is known to be one.
      writeErr: (text) => void (options.json || terminal.say(text.trimEnd())),
      getOutHelpWidth: () => helpColumns,
      getErrHelpWidth: () => helpColumns,
    })
    .exitOverride();

  command
    .commandsGroup('Run:')
    .command('serve')
    .description("webhook, buyers' side and worker in one process")
    .option('--no-worker', 'listen only; workers run elsewhere')
    .addHelpText('after', '\nExamples:\n  $ fulfillment serve\n  $ PORT=9000 fulfillment serve --no-worker')
    .action((given: { worker: boolean }) => run({ http: true, worker: given.worker }));

  command
    .command('worker')
    .description('do the work and listen to nothing; any number may run')
    .addHelpText(
      'after',
      '\nExamples:\n  $ fulfillment worker\n  $ WORKER_JOBS_MAX=200 METRICS_PORT=9464 fulfillment worker',
    )
    .action(() => run({ http: false, worker: true }));

  command
    .command('sentinel')
    .description('watch over the promise and tell people when it breaks; one or two, apart from the rest')
    .addHelpText(
      'after',
      '\nIt needs the database and a way to people: PAGERDUTY_ROUTING_KEY, SLACK_*, DEAD_MAN_URL.\n\nExamples:\n  $ fulfillment sentinel\n  $ METRICS_PORT=9464 fulfillment sentinel',
    )
    .action(() => run({ http: false, worker: false, sentinel: true }));

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
      const { dryRun, setPasswords } = given;
      ended = await migrate(duties(), { dryRun, setPasswords }, terminal);
    });

  command
    .command('doctor')
    .description('check configuration and everything it names; starts nothing, changes nothing')
    .option('--send-test <address>', 'also send one real mail to this address')
    .option('--send-test-via <provider>', 'through this mail provider; the preferred one unless given')
    .option('--json', 'one JSON document instead of lines', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ fulfillment doctor\n  $ fulfillment doctor --send-test you@books.example\n  $ fulfillment doctor --json',
    )
    .action(async (given: { sendTest?: string; sendTestVia?: string; json: boolean }) => {
      ended = await doctor(duties(), given, terminal);
    });

  addShopWebhook(command, {
    terminal,
    duties: () => duties().shopWebhook(),
    ended: (code) => void (ended = code),
  });

  addPreviewEmail(command, {
    terminal,
    duties: () => duties().mailPreview(),
    ended: (code) => void (ended = code),
  });

  addAdminCommands(command, adminCommands, async (declared, adminOptions, given) => {
    const { signals, exit, surroundings } = options;
    const ways = { terminal, signals, exit, surroundings };
    ended = await runAdmin({ ...ways, duties: duties(), command: declared, options: adminOptions, given });
  });
  command.commandsGroup('About:');
  addCompletion(command, terminal);
  addHelp(command, { terminal, environmentText: options.environmentText });
  for (const each of below(command))
    each.addOption(envOption().hideHelp()).addOption(colourOption().hideHelp());
  return { command, ended: () => ended };
}
