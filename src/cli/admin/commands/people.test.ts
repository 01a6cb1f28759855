import { describe, expect, it } from 'vitest';
import { runOperators } from '../../../../test/builders/commandLine.ts';
import { shownOrder } from '../../../../test/builders/shownOrder.ts';

const rows = [{ name: 'person:erase', reason: 'required' as const }];
const erased = {
  erasureId: 'e-1',
  jobId: 'job-9',
  payments: 2,
  mails: 3,
  events: 4,
  files: 5,
  formerOrders: 1,
};
const words = 'person erase anna@example.com --reason x --confirm=anna@example.com';

/** The job of the files is in these states, one look after the other. */
function given(...states: Array<'open' | 'completed' | 'failed'>) {
  let looks = 0;
  return {
    rows,
    operations: {
      'person:erase': () => erased,
      'orders:show': () => {
        const state = states[Math.min(looks, states.length - 1)];
        looks += 1;
        return { ...shownOrder(), jobId: 'job-9', state };
      },
    },
  };
}

describe('person erase', () => {
  it('says what is forgotten, and which job removes the files', async () => {
    const { code, out, err } = await runOperators(words, given());
    expect(code).toBe(0);
    expect(out).toContain('Forgotten: 2 orders, 3 mails, 4 events of Stripe. Erasure e-1.');
    expect(out).toContain('1 orders of others had this address');
    expect(err).toContain('Next: fulfillment orders show job-9');
  });

  it.each([
    ['completed', 0, 'The files are gone.'],
    ['failed', 1, 'The files are not all gone yet (failed): fulfillment orders show job-9'],
  ] as const)('with --wait waits until the job is %s', async (state, exitCode, said) => {
    const { code, out, err } = await runOperators(`${words} --wait`, given('open', state));
    expect({ code, out: out.trim() }).toEqual({ code: exitCode, out: said });
    expect(err).toContain('Forgotten: 2 orders');
  });
});
