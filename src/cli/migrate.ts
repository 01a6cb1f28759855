import type { Duties, MigrationReport } from './duties.ts';
import { exitCodes, type ExitCode } from './exitCodes.ts';
import type { Terminal } from './terminal.ts';

export interface MigrateOptions {
  dryRun: boolean;
  setPasswords: boolean;
}

/** Applies migrations; prints the names of the files, and says the rest. */
export async function migrate(
  duties: Pick<Duties, 'migrate'>,
  options: MigrateOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const report = await duties.migrate(options);
  for (const file of report.applied) terminal.print(file);
  for (const sentence of summary(report, options)) terminal.say(sentence);
  return exitCodes.ok;
}

function summary(report: MigrationReport, { dryRun, setPasswords }: MigrateOptions): string[] {
  const { applied, alreadyThere, passwordsSet, passwordsMissing } = report;
  const done = dryRun ? 'would be applied' : 'applied';
  const lines = [`${count(applied.length, 'migration')} ${done}, ${alreadyThere} there before.`];
  if (dryRun) return [...lines, 'Nothing was changed. Without --dry-run it is done.'];
  if (!setPasswords) return lines;
  if (passwordsSet.length > 0) lines.push(`Passwords set: ${passwordsSet.join(', ')}.`);
  if (passwordsMissing.length > 0) lines.push(`No password for want of ${passwordsMissing.join(', ')}.`);
  return [...lines, 'Next: fulfillment doctor'];
}

const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;
