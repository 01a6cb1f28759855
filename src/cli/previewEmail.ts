import { type Command, Option } from 'commander';
import {
  isMailTemplate,
  type MailTemplate,
  mailTemplateNames,
  mailTemplates,
} from '../domain/mailTemplates.ts';
import { type Language, languages } from '../domain/order.ts';
import type { MailPreviewDuties, PreviewedMail } from './duties.ts';
import { exitCodes, type ExitCode } from './exitCodes.ts';
import { CommandFailure } from './failure.ts';
import { safeText } from './output/safeText.ts';
import type { Terminal } from './terminal.ts';

interface Given {
  language?: Language;
  out?: string;
  open: boolean;
  text: boolean;
  list: boolean;
}

export interface PreviewEmailOptions {
  terminal: Terminal;
  duties(): MailPreviewDuties;
  ended(code: ExitCode): void;
}

/** `fulfillment preview-email`: mails with sample data, made as production makes them. */
export function addPreviewEmail(program: Command, { terminal, duties, ended }: PreviewEmailOptions): void {
  const command = program
    .command('preview-email')
    .description('show a mail to buyers, with sample data; needs no database, sends nothing')
    .addOption(
      new Option('--language <language>', 'of the mail; SHOP_LANGUAGE when left out').choices(languages),
    )
    .option('--out <file>', 'write the page there; a preview that is there is replaced')
    .option('--open', 'also show it in the browser', false)
    .option('--text', 'print its text part instead', false)
    .option('--list', 'print the names of all mails', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ fulfillment preview-email receipt --open\n  $ fulfillment preview-email claim_invitation --language pl --text\n  $ fulfillment preview-email --list',
    )
    .action(async (template: string | undefined, given: Given) => {
      ended(await previewEmail({ template, given, terminal, duties }));
    });
  // Completed by their names; a wrong one is told with what each is.
  const [argument] = command.argument('[mail]', 'which one; --list names them').registeredArguments;
  argument?.choices(mailTemplateNames).argParser((value) => value);
}

async function previewEmail({
  template,
  given,
  terminal,
  duties,
}: {
  template: string | undefined;
  given: Given;
  terminal: Terminal;
  duties(): MailPreviewDuties;
}): Promise<ExitCode> {
  if (given.list) {
    for (const line of listed()) terminal.print(line);
    return exitCodes.ok;
  }
  const name = templateOf(template);
  const preview = duties();
  const mail = await preview.render(name, given.language);
  tell(mail, terminal);
  if (given.text) terminal.print(mail.text.trimEnd());
  if (given.text && given.out === undefined && !given.open) return exitCodes.ok;
  const path = await preview.keep(mail, given.out);
  if (given.text) terminal.say(`The page is in ${path}`);
  else terminal.print(path);
  if (given.open && !(await preview.open(path)))
    terminal.say('Nothing here could open it: open the file in a browser yourself.');
  return exitCodes.ok;
}

const listed = () => mailTemplateNames.map((name) => `${name.padEnd(20)} ${mailTemplates[name]}`);

/** @throws CommandFailure with the list when there is no such mail */
function templateOf(given: string | undefined): MailTemplate {
  const name = (given ?? '').replaceAll('-', '_').toLowerCase();
  if (isMailTemplate(name)) return name;
  const message = given === undefined ? 'Which mail?' : `There is no mail called ${safeText(given)}.`;
  throw new CommandFailure(message, { exitCode: exitCodes.usage, code: 'usage', details: listed() });
}

function tell(
  { subject, from, attachments, sizeBytes, notes }: PreviewedMail,
  { say, said }: Terminal,
): void {
  say(`${said.dim('From:')}     ${from.name} <${from.address}>`);
  say(`${said.dim('Subject:')}  ${subject}`);
  if (attachments.length > 0) say(`${said.dim('Attached:')} ${attachments.join(', ')}`);
  say(`${said.dim('Size:')}     ${Math.ceil(sizeBytes / 1000)} kB`);
  for (const note of notes) say(note);
}
