import type { z } from 'zod';
import type { MailProvider } from '../../ports/providerPauses.ts';

/** Commands that read the environment; `staff` are all those that ask the service for something. */
export const commands = ['serve', 'worker', 'sentinel', 'migrate', 'doctor', 'staff'] as const;
export type Command = (typeof commands)[number];

/** Reads a variable's text. Its messages say what is wrong and never quote the text. */
export type TextSchema = z.ZodType<unknown, string>;

/** One variable of the environment. Required, unless it has a default, is optional or belongs to a provider of mail or storage. */
export interface Variable {
  /** One sentence for people. */
  purpose: string;
  /** A value that would be accepted. */
  example: string;
  /** As it would be written in the environment. */
  default?: string;
  optional?: true;
  /** Required once MAIL_PROVIDERS names this one, and not looked at otherwise. */
  mailProvider?: MailProvider;
  /** Required once STORAGE_PROVIDER names this one, and not looked at otherwise. */
  storageProvider?: 'local' | 's3' | 'supabase';
  /** May also come from a file that `<NAME>_FILE` names, and is never printed. */
  secret?: true;
  /** Commands that need it. */
  commands: readonly Command[];
  /** Commands that use it when it is there. */
  optionalFor?: readonly Command[];
  schema: TextSchema;
}

export interface Section {
  title: string;
  variables: Record<string, Variable>;
}

/** The whole product, without the migrator's rights. */
export const running = ['serve', 'worker', 'doctor'] as const;
/** The whole product and the watch over it. */
export const watched = ['serve', 'worker', 'sentinel', 'doctor'] as const;
/** What listens. */
export const listening = ['serve', 'doctor'] as const;

export function isRead(variable: Variable, command: Command): boolean {
  return variable.commands.includes(command) || (variable.optionalFor?.includes(command) ?? false);
}

export function isRequired(variable: Variable, command: Command): boolean {
  const always =
    variable.default === undefined &&
    !variable.optional &&
    variable.mailProvider === undefined &&
    variable.storageProvider === undefined;
  return always && variable.commands.includes(command);
}
