import { findContestant, type Contestant } from '../engines/roster.ts';
import type { Bench } from './bench.ts';
import type { Options } from './options.ts';
import type { Figures, Measurement } from './resultsFile.ts';

export interface Round {
  rep: number;
  case: string | undefined;
}

export interface Plan {
  question: string;
  /** What is compared beside the engines. */
  cases?: string[];
  measure(contestant: Contestant, round: Round): Promise<Figures>;
}

/**
 * Measures every engine once per repetition, in alternating order, so that a slow minute of the machine does not fall on
 * one engine alone.
 */
export async function interleave(bench: Bench, options: Options, plan: Plan): Promise<void> {
  for (let rep = 1; rep <= options.reps; rep += 1) {
    const engines = rep % 2 === 1 ? options.engines : options.engines.toReversed();
    for (const id of engines) {
      const contestant = findContestant(id);
      for (const label of plan.cases ?? [undefined]) {
        const round = { rep, case: label };
        const about = { question: plan.question, engine: id, rep, ...(label ? { case: label } : {}) };
        await note(bench, about, contestant, () => plan.measure(contestant, round));
      }
    }
  }
}

type About = Pick<Measurement, 'question' | 'engine' | 'rep' | 'case'>;

/** Measures and writes down what came of it, be it figures, a failure, or the reason why it was not tried. */
export async function note(
  bench: Bench,
  about: About,
  contestant: Contestant,
  measure: () => Promise<Figures>,
): Promise<Figures | undefined> {
  const title = [about.question, about.case, about.engine, `rep ${about.rep}`].filter(Boolean).join(' · ');
  const skipped = bench.missing(contestant);
  if (skipped !== undefined) {
    bench.results.append({ ...about, skipped });
    bench.say(`${title}: skipped, ${skipped}`);
    return undefined;
  }
  try {
    const figures = await measure();
    bench.results.append({ ...about, figures });
    bench.say(`${title}: ${inWords(figures)}`);
    return figures;
  } catch (error) {
    const failed = error instanceof Error ? error.message : String(error);
    bench.results.append({ ...about, failed });
    bench.say(`${title}: FAILED, ${failed}`);
    return undefined;
  }
}

function inWords(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${Math.abs(value) >= 100 ? Math.round(value) : value.toFixed(2)}`)
    .join(', ');
}
