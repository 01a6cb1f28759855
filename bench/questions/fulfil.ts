import type { Question } from '../harness/bench.ts';

export const fulfil: Question = {
  name: 'fulfil',
  asks: 'How fast is the real plan, with stand-ins that answer at once?',
  defaults: {},
  quick: {},
  async run(bench) {
    bench.say('fulfil: not measured yet');
  },
};
