import { buildProductProgram } from '../../setup/productProgram.ts';
import { runNemesis, type NemesisReport } from './nemesis.ts';
import { type NemesisOptions, nemesisUsage, readNemesisOptions, replayCommand } from './options.ts';

const say = (line: string) => void process.stdout.write(`${line}\n`);

function read(): NemesisOptions | undefined {
  try {
    return readNemesisOptions(process.argv.slice(2), Date.now());
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${nemesisUsage}\n`);
    return undefined;
  }
}

function show(report: NemesisReport): void {
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  say('');
  say(`payments    ${report.payments}, by ${report.processes} processes, in ${seconds(report.tookMs)}`);
  for (const [kind, { planned, fired }] of Object.entries(report.fired))
    say(`fault       ${kind}: ${fired} of ${planned}`);
  say(`boundaries  ${report.boundaries.struck} of ${report.boundaries.known} struck`);
  say(`rest        ${report.restMs === null ? 'not reached' : seconds(report.restMs)} after the last fault`);
  say(`violations  ${report.violations.length}`);
  for (const violation of report.violations) say(`  ${violation}`);
  say(`seed        ${report.seed}`);
  if (report.violations.length > 0) say(`replay      ${report.replay}`);
}

const options = read();
if (!options) process.exit(2);
say(`${options.payments} payments in ${options.minutes} minutes, seed ${options.seed}.`);
const told = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => told.abort());
const removeProgram = await buildProductProgram();
try {
  const report = await runNemesis(options, say, told.signal);
  show(report);
  process.exitCode = report.violations.length === 0 ? 0 : 1;
} catch (error) {
  const why = told.signal.aborted ? 'Interrupted.' : String((error as Error).stack);
  process.stderr.write(`${why}\nreplay      ${replayCommand(options)}\n`);
  process.exitCode = told.signal.aborted ? 130 : 1;
} finally {
  await removeProgram();
}
process.exit();
