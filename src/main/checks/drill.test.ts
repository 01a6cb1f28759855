import { describe, expect, it } from 'vitest';
import { judgeDrill } from './drill.ts';

const dayMs = 86_400_000;

describe('the drill of an outage', () => {
  it.each([
    [0, 'ok', 'today'],
    [dayMs, 'ok', '1 day ago'],
    [35 * dayMs, 'ok', '35 days ago'],
    [35 * dayMs + 1, 'note', '35 days ago'],
    [60 * dayMs, 'note', '60 days ago'],
  ])('that passed %i ms ago is %s', (ago, state, when) => {
    expect(judgeDrill(ago)).toMatchObject({ state, detail: expect.stringContaining(when) });
  });

  it('that has never passed is a note with what to do', () => {
    expect(judgeDrill(null)).toMatchObject({
      state: 'note',
      remedy: 'Drill it: fulfillment providers drill email',
    });
  });
});
