import { sections } from '../variables.ts';
import { mailProviderDefault } from './mail.ts';
import { storageProviderDefault } from './storage.ts';
import { isRequired, type Variable } from './variable.ts';

const lineMax = 110;

const head = `# Configuration of the fulfillment orchestrator: all of it, with examples.
#
# Copy this file, give your own values, and check them with: fulfillment doctor
# Lines that begin with # NAME= may stay as they are: what they name is optional or has a default.
# Every secret can come from a file instead: NAME_FILE=/run/secrets/name
`;

/** The text of `.env.example`, made from the table of variables so that it cannot lag behind. */
export function renderEnvExample(): string {
  const blocks = sections.map(({ title, variables }) => {
    const entries = Object.entries(variables).map(([name, variable]) => renderVariable(name, variable));
    return [`# ---- ${title} ----`, ...entries].join('\n\n');
  });
  return `${[head.trimEnd(), ...blocks].join('\n\n')}\n`;
}

function renderVariable(name: string, variable: Variable): string {
  const purpose = wrap(variable.purpose);
  const needed =
    isRequired(variable, 'serve') ||
    variable.mailProvider === mailProviderDefault ||
    variable.storageProvider === storageProviderDefault;
  return `${purpose}\n# ${presenceOf(variable)}\n${needed ? '' : '# '}${name}=${quoted(variable.example)}`;
}

function presenceOf(variable: Variable): string {
  const forWhom = `for ${variable.commands.join(', ')}`;
  const secret = variable.secret ? '; secret' : '';
  if (variable.optional) return `Optional ${forWhom}${secret}.`;
  if (variable.mailProvider !== undefined)
    return `Required ${forWhom} where MAIL_PROVIDERS names ${variable.mailProvider}${secret}.`;
  if (variable.storageProvider !== undefined)
    return `Required ${forWhom} where STORAGE_PROVIDER is ${variable.storageProvider}${secret}.`;
  if (variable.default === undefined) return `Required ${forWhom}${secret}.`;
  return `Default ${forWhom}: ${variable.default === '' ? 'none' : variable.default}${secret}.`;
}

/** Quotes for what a shell or an env file would read differently. */
const quoted = (text: string) => (/^[\w./:@+=,-]*$/.test(text) ? text : `'${text}'`);

function wrap(text: string): string {
  const lines = ['#'];
  for (const word of text.split(' ')) {
    const line = `${lines.at(-1)} ${word}`;
    if (line.length > lineMax) lines.push(`# ${word}`);
    else lines[lines.length - 1] = line;
  }
  return lines.join('\n');
}
