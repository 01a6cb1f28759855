import { padToWidth, textWidth } from '../../output/textWidth.ts';
import { durationText } from '../../output/times.ts';
import type { Page } from '../adminRun.ts';
import type { SeenAttempt, SeenOrder, SeenStep } from './orderView.ts';

/** What a step is, as a mark beside its word: colour is never alone. */
const marks: Record<string, string> = {
  done: '✓',
  skipped: '-',
  failed: '✗',
  blocked: '!',
  waiting: '…',
};

const chart = { run: '█', wait: '·', nothing: ' ', deadline: '│' };
const chartMin = 20;

/** Steps below each other over one axis of time: attempts, waits between them, and where the promise ends. */
export function waterfallLines(order: SeenOrder, page: Page): string[] {
  const { steps } = order;
  if (steps.length === 0) return [];
  const names = Math.max(...steps.map((step) => textWidth(step.step)));
  const words = steps.map((step) => wordsOf(step, page.now));
  const states = Math.max(...words.map(textWidth));
  const width = Math.max(chartMin, Math.min(40, page.columns - names - states - 6));
  const axis = axisOf(order, page.now, width);
  const paints: Record<string, (text: string) => string> = {
    done: page.paint.green,
    failed: page.paint.red,
    blocked: page.paint.yellow,
  };
  return [
    ...steps.map((step, at) => {
      const mark = marks[step.state] ?? '…';
      const paint = paints[step.state] ?? ((text: string) => text);
      const bar = barOf(
        order.attempts.filter((attempt) => attempt.step === step.step),
        step,
        axis,
      );
      const name = padToWidth(step.step, names);
      return `${paint(mark)} ${name}  ${bar}  ${paint(words[at] ?? '')}`.trimEnd();
    }),
    page.paint.dim(
      `  ${' '.repeat(names)}  ${padToWidth('0s', width - axis.lengthText.length)}${axis.lengthText}`,
    ),
  ];
}

interface Axis {
  fromMs: number;
  toMs: number;
  width: number;
  lengthText: string;
  /** Column of the SLA's end; undefined when it is off the axis. */
  deadline: number | undefined;
  nowMs: number;
}

function axisOf(order: SeenOrder, now: Date, width: number): Axis {
  const fromMs = Date.parse(order.createdAt);
  const last = Math.max(...order.attempts.map(({ at }) => Date.parse(at)), fromMs);
  const ended = order.finishedAt === null ? now.getTime() : Date.parse(order.finishedAt);
  const toMs = Math.max(fromMs + 1_000, ended, last);
  const deadlineMs = Date.parse(order.sla.deadline);
  const column = Math.floor(((deadlineMs - fromMs) / (toMs - fromMs)) * width);
  return {
    fromMs,
    toMs,
    width,
    lengthText: durationText((toMs - fromMs) / 1_000),
    deadline: column >= 0 && column < width ? column : undefined,
    nowMs: now.getTime(),
  };
}

const ended = new Set(['done', 'skipped', 'failed']);

function barOf(attempts: readonly SeenAttempt[], step: SeenStep, axis: Axis): string {
  const cells = Array.from<string>({ length: axis.width }).fill(chart.nothing);
  const columnOf = (ms: number) =>
    Math.min(
      axis.width - 1,
      Math.max(0, Math.floor(((ms - axis.fromMs) / (axis.toMs - axis.fromMs)) * axis.width)),
    );
  const spans = attempts.map(({ at, durationMs }) => {
    const endMs = Date.parse(at);
    return [columnOf(endMs - (durationMs ?? 0)), columnOf(endMs)] as const;
  });
  const [first] = spans;
  if (first) {
    // What has not ended waits until now, or until the axis ends.
    const last = ended.has(step.state) ? (spans.at(-1)?.[1] ?? 0) : columnOf(axis.nowMs);
    for (let column = first[0]; column <= last; column += 1) cells[column] = chart.wait;
  }
  for (const [from, to] of spans)
    for (let column = from; column <= to; column += 1) cells[column] = chart.run;
  if (axis.deadline !== undefined && cells[axis.deadline] === chart.nothing)
    cells[axis.deadline] = chart.deadline;
  return cells.join('');
}

function wordsOf({ state, attempts, dueAt, reason, effects }: SeenStep, now: Date): string {
  const done = effects.filter((effect) => effect.state === 'done').length;
  const untilMs = dueAt === null ? 0 : Date.parse(dueAt) - now.getTime();
  return [
    effects.length > 1 ? `${state} ${done}/${effects.length}` : state,
    ...(reason === null ? [] : [reason]),
    ...(attempts > 1 ? [`${attempts} tries`] : []),
    ...(dueAt === null || state === 'done'
      ? []
      : [untilMs > 0 ? `next in ${durationText(untilMs / 1_000)}` : 'due now']),
  ].join(', ');
}
