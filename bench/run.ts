import { fileURLToPath } from 'node:url';
import { findContestant, roster, type Contestant } from './engines/roster.ts';
import type { Bench, Question } from './harness/bench.ts';
import { dropDatabases } from './harness/databases.ts';
import { describeMachine, readVersions } from './harness/machine.ts';
import { parseCommandLine, type CommandLine, type Options } from './harness/options.ts';
import { postgresSettings, startPrivatePostgres } from './harness/privatePostgres.ts';
import { startPrivateRedis } from './harness/privateRedis.ts';
import { openResultsFile } from './harness/resultsFile.ts';
import { isThere } from './harness/programs.ts';
import { questions } from './questions/questions.ts';

/** `npm run bench -- [questions] [flags]`: asks the questions and writes the answers down (README.md). */

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const say = (line: string) => void process.stdout.write(`${line}\n`);

const commandLine = parseCommandLine(process.argv.slice(2));
const asked = chooseQuestions(commandLine.questions);

const absurdctlIsThere = await isThere(commandLine.absurdctl);
const postgres = await startPrivatePostgres(here('.data/postgres'));
const redis = await startPrivateRedis(commandLine.redisServer, here('.data/redis'));
try {
  await dropDatabases({ postgres });
  const bench: Bench = {
    postgres,
    redis,
    programs: { absurdctl: commandLine.absurdctl },
    results: openResultsFile(resultsPath(commandLine), describeRun()),
    say,
    missing,
    templates: new Map(),
  };
  for (const question of asked) await ask(bench, question);
  await dropDatabases({ postgres });
} finally {
  await redis?.stop();
  await postgres.stop();
}

function chooseQuestions(names: string[]): Question[] {
  const unknown = names.find((name) => !questions.some((question) => question.name === name));
  if (unknown !== undefined)
    throw new Error(
      `There is no question ${unknown}. Known: ${questions.map(({ name }) => name).join(', ')}.`,
    );
  return names.length === 0 ? questions : questions.filter(({ name }) => names.includes(name));
}

function resultsPath({ out, quick }: CommandLine): string {
  const today = new Date().toISOString().slice(0, 10);
  // A quick look must not stand among results that are published.
  return out ?? here(quick ? '.data/quick.json' : `results/${today}.json`);
}

function describeRun() {
  return {
    startedAt: new Date().toISOString(),
    command: process.argv.slice(2).join(' '),
    machine: describeMachine(),
    versions: readVersions(postgres.version, redis?.version),
    postgresSettings,
  };
}

function missing({ entry }: Contestant): string | undefined {
  if (entry.needs === 'redis' && !redis) return 'there is no redis-server';
  if (entry.needs === 'absurdctl' && !absurdctlIsThere) return 'there is no absurdctl';
  return undefined;
}

async function ask(bench: Bench, question: Question): Promise<void> {
  say(`\n${question.name}: ${question.asks}`);
  const begin = performance.now();
  const options = optionsFor(question);
  if (options.engines.length === 0) return say(`${question.name}: none of these engines does this work`);
  await question.run(bench, options);
  say(`${question.name} took ${Math.round((performance.now() - begin) / 1_000)} s`);
}

function optionsFor(question: Question): Options {
  const options = {
    engines: roster.flatMap(({ name, variants }) => variants.map((variant) => `${name}:${variant.name}`)),
    n: 1_000,
    reps: 1,
    seconds: 10,
    rate: 50,
    finished: 10_000,
    rows: 10_000,
    churn: 10_000,
    workers: [1],
    patience: 60,
    ...question.defaults,
    ...(commandLine.quick ? question.quick : {}),
    ...commandLine.given,
  };
  return {
    ...options,
    engines: options.engines.filter((id) => findContestant(id).entry.work === question.work),
  };
}
