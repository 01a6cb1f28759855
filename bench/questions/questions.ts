import type { Question } from '../harness/bench.ts';
import { cost } from './cost.ts';
import { drain } from './drain.ts';
import { enqueue } from './enqueue.ts';
import { fulfil } from './fulfil.ts';
import { history } from './history.ts';
import { idle } from './idle.ts';
import { latency } from './latency.ts';
import { processes } from './processes.ts';
import { recovery } from './recovery.ts';
import { snapshot } from './snapshot.ts';

/** In the order in which they are asked. */
export const questions: Question[] = [
  drain,
  enqueue,
  latency,
  cost,
  processes,
  snapshot,
  recovery,
  idle,
  fulfil,
  history,
];
