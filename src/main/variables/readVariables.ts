import { variableNames, variables, type VariableName, type Values } from '../variables.ts';
import { probablyMeant } from './typingErrors.ts';
import { isRead, isRequired, type Command, type Variable } from './variable.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface VariableSources {
  env: Environment;
  /** Reads a secret's file. */
  readFile(path: string): string;
}

export interface Problem {
  name: VariableName;
  /** One line: the variable, what is wrong, an example. */
  text: string;
}

/** What the environment says. `values` are to be used only when there are no problems. */
export interface VariableReading {
  values: Values;
  problems: Problem[];
  warnings: string[];
  /** Texts of the secrets that are set, for fingerprints. */
  secrets: Map<VariableName, string>;
}

type Read = { text?: string | undefined; problem?: string };

/** Reads and checks every variable that the command uses, and names all problems at once. */
export function readVariables(sources: VariableSources, command: Command): VariableReading {
  const values: Partial<Record<VariableName, unknown>> = {};
  const problems: Problem[] = [];
  const secrets = new Map<VariableName, string>();
  for (const name of variableNames) {
    const variable = variables[name];
    const { text, problem } = isRead(variable, command) ? textOf(name, variable, sources) : {};
    if (problem !== undefined) problems.push({ name, text: problem });
    else if (text === undefined && isRequired(variable, command))
      problems.push(complaint(name, 'is missing'));
    if (text !== undefined && variable.secret) secrets.set(name, text);
    const parsed = variable.schema.safeParse(text ?? variable.default);
    if (parsed.success) values[name] = parsed.data;
    else if (text !== undefined)
      problems.push(complaint(name, parsed.error.issues[0]?.message ?? 'is not valid'));
  }
  return { values: values as Values, problems, warnings: oddNames(sources.env), secrets };
}

/** A problem's line. It names the variable and shows an example, and never the value. */
export function complaint(name: VariableName, why: string): Problem {
  const { example, secret } = variables[name];
  const file = secret ? `, or name a file with ${name}_FILE` : '';
  return { name, text: `${name} ${why} (for example ${example}${file}).` };
}

function textOf(name: VariableName, variable: Variable, { env, readFile }: VariableSources): Read {
  const text = given(env[name]);
  const path = variable.secret ? given(env[`${name}_FILE`]) : undefined;
  if (path === undefined) return { text };
  if (text !== undefined) return { problem: `${name} and ${name}_FILE are both set; keep one of them.` };
  try {
    const content = readFile(path).replace(/(\r?\n)+$/, '');
    return content === '' ? { problem: `${name}_FILE names a file that is empty.` } : { text: content };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    return { problem: `${name}_FILE names a file that cannot be read (${code}).` };
  }
}

/** Empty means not set: that is how many tools leave a variable out. */
const given = (text: string | undefined) => (text === undefined || text.trim() === '' ? undefined : text);

function oddNames(env: Environment): string[] {
  const secretFiles = variableNames.filter((name) => variables[name].secret).map((name) => `${name}_FILE`);
  const known = [...variableNames, ...secretFiles];
  return Object.keys(env).flatMap((name) => {
    if (known.includes(name)) return [];
    const stem = name.replace(/_FILE$/, '');
    if (stem !== name && stem in variables)
      return [`${name} is not read: only secrets come from files. Set ${stem}.`];
    const meant = probablyMeant(name, known);
    return meant === undefined ? [] : [`${name} is not known. Did you mean ${meant}?`];
  });
}
