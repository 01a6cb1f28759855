import { z } from 'zod';
import { type Attempt, compareAttempts, comparisonText } from '../../domain/attempts.ts';
import { maskAddressesIn } from '../../domain/masking.ts';
import type { AttemptLine } from '../../ports/orderDossier.ts';
import type { Json } from '../../ports/step.ts';

const text = z.string().nullable();

export const shownAttempt = z.strictObject({
  seq: z.int().describe('Its line of the timeline.'),
  no: z.int().describe('Counted per step and effect, from 1.'),
  of: z.int(),
  at: z.string().describe('When it ended.'),
  step: text,
  effect: text.describe('What of the step was tried: one file, one mail; null when the step does one thing.'),
  outcome: z.string(),
  attempt: z.int().nullable().describe('As the retry policy counts: a wait for a provider spends none.'),
  durationMs: z.number().nullable(),
  fault: text,
  reason: text,
  detail: text,
  provider: text,
  providerRequestId: text,
  againInMs: z.number().nullable(),
  worker: z.string(),
  workerVersion: text,
  comparedWithBefore: text.describe(
    '`same as #2`, or in what it differs; null for the first and for success.',
  ),
});
export type ShownAttempt = z.infer<typeof shownAttempt>;

const textOf = (value: Json | undefined) => (typeof value === 'string' ? maskAddressesIn(value) : null);
const numberOf = (value: Json | undefined) => (typeof value === 'number' ? value : null);

const outcomeOf = (kind: string) => kind.slice(kind.indexOf('.') + 1);

/** What is compared of a line. */
export function attemptOf({ kind, data }: AttemptLine): Attempt {
  return {
    outcome: outcomeOf(kind),
    fault: textOf(data['fault']),
    reason: textOf(data['reason']),
    detail: textOf(data['message']) ?? textOf(data['detail']),
    provider: textOf(data['provider']),
  };
}

export const effectOf = ({ data }: AttemptLine) => textOf(data['effect']);

const ofSame = (line: AttemptLine) => JSON.stringify([line.step, effectOf(line)]);

/** Attempts as they are shown, each compared with the one before it. */
export function shownAttempts(lines: readonly AttemptLine[]): ShownAttempt[] {
  const latest = new Map<string, AttemptLine>();
  return lines.map((line) => {
    const before = latest.get(ofSame(line));
    latest.set(ofSame(line), line);
    return shown(line, before);
  });
}

export function shown(line: AttemptLine, before: AttemptLine | undefined): ShownAttempt {
  const { seq, no, of, at, step, data, actor, workerVersion } = line;
  const attempt = attemptOf(line);
  const ended = attempt.outcome === 'done' || attempt.outcome === 'skipped';
  return {
    seq,
    no,
    of,
    at: at.toISOString(),
    step,
    effect: effectOf(line),
    attempt: numberOf(data['attempt']),
    durationMs: numberOf(data['ms']),
    ...attempt,
    providerRequestId: textOf(data['provider_request_id']),
    againInMs: numberOf(data['again_in_ms']),
    worker: actor.replace(/^worker:/, ''),
    workerVersion,
    comparedWithBefore:
      before && !ended ? comparisonText(before.no, compareAttempts(attemptOf(before), attempt)) : null,
  };
}
