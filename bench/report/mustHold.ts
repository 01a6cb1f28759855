import { findContestant } from '../engines/roster.ts';
import type { ResultsDocument } from '../harness/resultsFile.ts';
import { answersTo, groupOf, groupsOf, medianIn, type Answers, type Group } from './answers.ts';
import { inFigures, markdownTable } from './words.ts';

/** What is asked of our engine, next to what came out. */
interface Verdict {
  demand: string;
  measured: string;
  /** Undefined: not measured. */
  holds: boolean | undefined;
}

export function renderMustHold(document: ResultsDocument): string {
  const verdicts = [
    ...throughput(answersTo(document, 'drain')),
    ...latency(answersTo(document, 'latency')),
    ...history(answersTo(document, 'history')),
    ...snapshot(answersTo(document, 'snapshot')),
    ...recovery(answersTo(document, 'recovery')),
    ...idle(answersTo(document, 'idle')),
  ];
  const rows = verdicts.map(({ demand, measured, holds }) => [demand, measured, verdictInWords(holds)]);
  return ['## Must hold', markdownTable(['demand', 'measured', 'holds'], rows)].join('\n\n');
}

function verdictInWords(holds: boolean | undefined): string {
  if (holds === undefined) return 'not measured';
  return holds ? 'yes' : '**no**';
}

const notMeasured = (demand: string): Verdict => ({ demand, measured: '–', holds: undefined });

/** Judges a figure that may be absent. */
function judge(
  demand: string,
  value: number | undefined,
  holds: (value: number) => boolean,
  words: (value: number) => string = inFigures,
): Verdict {
  return value === undefined ? notMeasured(demand) : { demand, measured: words(value), holds: holds(value) };
}

const over = (upper: number | undefined, lower: number | undefined) =>
  upper === undefined || lower === undefined ? undefined : upper / lower;

interface Fastest {
  engine: string;
  ordersPerSecond: number;
}

/** Among the engines that are neither ours nor a floor. */
function fastestPeer(answers: Answers | undefined, accept: (group: Group) => boolean): Fastest | undefined {
  let fastest: Fastest | undefined;
  for (const group of groupsOf(answers?.measurements ?? [])) {
    const { entry, variant } = findContestant(group.engine);
    if (entry.name === 'ours' || variant.effects === 'floor' || !accept(group)) continue;
    const ordersPerSecond = medianIn(group, 'ordersPerSecond') ?? 0;
    if (ordersPerSecond > (fastest?.ordersPerSecond ?? 0))
      fastest = { engine: group.engine, ordersPerSecond };
  }
  return fastest;
}

function throughput(answers: Answers | undefined): Verdict[] {
  const speed = (engine: string) => medianIn(groupOf(answers, engine), 'ordersPerSecond');
  const peer = fastestPeer(answers, () => true);
  const setWise = ['ours:commit', 'ours:commit-unnamed'].flatMap((engine) => [
    judge(
      `${engine}: at least 2 × the fastest peer`,
      over(speed(engine), peer?.ordersPerSecond),
      (ratio) => ratio >= 2,
      (ratio) => `${inFigures(ratio)} × ${peer?.engine}`,
    ),
    judge(
      `${engine}: at least 0.6 × the raw set-based loop`,
      over(speed(engine), speed('raw:step')),
      (ratio) => ratio >= 0.6,
      (ratio) => `${inFigures(ratio)} ×`,
    ),
    judge(
      `${engine}: at most 0.2 commits per order`,
      medianIn(groupOf(answers, engine), 'commits'),
      (commits) => commits <= 0.2,
    ),
  ]);
  const single = fastestPeer(
    answers,
    (group) => findContestant(group.engine).variant.effects === 'one by one',
  );
  return [
    ...setWise,
    judge(
      'ours:make: no slower than the fastest peer with one write per effect',
      over(speed('ours:make'), single?.ordersPerSecond),
      (ratio) => ratio >= 1,
      (ratio) => `${inFigures(ratio)} × ${single?.engine}`,
    ),
  ];
}

function latency(answers: Answers | undefined): Verdict[] {
  const labels = [...new Set(answers?.measurements.map((measurement) => measurement.case ?? ''))];
  return ['ours:commit', 'ours:make'].flatMap((engine) =>
    labels.map((label) => {
      const demand = `${engine}, orders from ${label}: p50 ≤ 10 ms and p99 ≤ 30 ms, or no worse than graphile:chain`;
      const mine = percentiles(groupOf(answers, engine, label));
      const theirs = percentiles(groupOf(answers, 'graphile:chain', label));
      if (!mine) return notMeasured(demand);
      const asGoodAs = (other: Percentiles) => mine.p50 <= other.p50 && mine.p99 <= other.p99;
      return {
        demand,
        measured: `${inFigures(mine.p50)} and ${inFigures(mine.p99)} ms`,
        holds: asGoodAs({ p50: 10, p99: 30 }) || (theirs !== undefined && asGoodAs(theirs)),
      };
    }),
  );
}

interface Percentiles {
  p50: number;
  p99: number;
}

function percentiles(group: Group | undefined): Percentiles | undefined {
  const p50 = medianIn(group, 'p50Ms');
  const p99 = medianIn(group, 'p99Ms');
  return p50 === undefined || p99 === undefined ? undefined : { p50, p99 };
}

/** Worker and Postgres together. */
function cpuPerOrder(group: Group | undefined): number | undefined {
  const worker = medianIn(group, 'workerCpuUs');
  const postgres = medianIn(group, 'postgresCpuUs');
  return worker === undefined || postgres === undefined ? undefined : worker + postgres;
}

const change = (ratio: number) => `${ratio >= 1 ? '+' : '−'}${inFigures(Math.abs(ratio - 1) * 100)} %`;
const within15Percent = (ratio: number) => Math.abs(ratio - 1) <= 0.15;

function history(answers: Answers | undefined): Verdict[] {
  const [none, finished, rows] = casesOf(answers, 'ours:commit');
  const buffers = (group: Group | undefined) => medianIn(group, 'claimBlocksPerOrder');
  return [
    judge(
      `CPU per order, ${finished?.case ?? 'long history'}: within ±15 % of none`,
      over(cpuPerOrder(finished), cpuPerOrder(none)),
      within15Percent,
      change,
    ),
    judge(
      `buffers per claimed order, ${finished?.case ?? 'long history'}: within ±15 % of none`,
      over(buffers(finished), buffers(none)),
      within15Percent,
      change,
    ),
    judge(
      `buffers per claimed order, ${rows?.case ?? 'many rows'}: constant`,
      over(buffers(rows), buffers(none)),
      within15Percent,
      change,
    ),
  ];
}

/** In the order in which they were measured. */
function casesOf(answers: Answers | undefined, engine: string): Group[] {
  return groupsOf(answers?.measurements ?? []).filter((group) => group.engine === engine);
}

function snapshot(answers: Answers | undefined): Verdict[] {
  const [free, held] = casesOf(answers, 'ours:commit');
  return [
    judge(
      `CPU per order, ${held?.case ?? 'held snapshot'}: at most 30 % more`,
      over(cpuPerOrder(held), cpuPerOrder(free)),
      (ratio) => ratio <= 1.3,
      change,
    ),
  ];
}

function recovery(answers: Answers | undefined): Verdict[] {
  return ['ours:commit', 'ours:make'].map((engine) => {
    const demand = `${engine}: all done within 20 s of kill -9, no effect twice`;
    const group = groupOf(answers, engine);
    if (!group || group.figures.length === 0) return notMeasured(demand);
    const seconds = medianIn(group, 'doneAfterSeconds');
    const repeated = medianIn(group, 'repeatedEffects') ?? 0;
    return {
      demand,
      measured: `${seconds === undefined ? 'not done' : `${inFigures(seconds)} s`}, ${repeated} twice`,
      holds: seconds !== undefined && seconds <= 20 && repeated === 0,
    };
  });
}

function idle(answers: Answers | undefined): Verdict[] {
  const group = groupOf(answers, 'ours:commit');
  return [
    judge(
      'idle worker: under 1 % of a core',
      medianIn(group, 'workerCpuPercent'),
      (percent) => percent < 1,
      (percent) => `${inFigures(percent)} %`,
    ),
    judge(
      'idle worker: under 2 statements a second',
      medianIn(group, 'statementsPerSecond'),
      (statements) => statements < 2,
    ),
  ];
}
